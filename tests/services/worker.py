"""A Sluice worker under test, with a small REST client. Standard library only.

    with Worker(folder, {"bootstrap.servers": kafka.bootstrap}) as worker:
        worker.create("in", {"connector.class": "FileStreamSource", ...})
        worker.wait_running("in", tasks=1)

The binary and the plugins come from the build folder in $SLUICE_BUILD, by default build/release of this tree.
"""
import json
import os
import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request

from service import Service, ServiceError, free_ports

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build_dir():
    return pathlib.Path(os.environ.get("SLUICE_BUILD") or ROOT / "build" / "release")


def sluice_binary():
    return build_dir() / "bin" / "sluice"


class RestError(Exception):
    """An answer that the test did not expect."""


class Worker(Service):
    """`sluice standalone` with the properties given on top of the defaults below; `connectors` are files for its command line."""

    name = "sluice"
    mode = "standalone"
    start_seconds_max = 30

    def __init__(self, folder, properties, connectors=()):
        super().__init__(folder)
        self.connectors = [str(path) for path in connectors]
        config = self.folder / "worker.properties"
        if config.exists():  # another process made this worker
            self.properties = dict(line.split("=", 1) for line in config.read_text().splitlines())
            return
        self.properties = {
            "listeners": f"http://127.0.0.1:{free_ports(1)[0]}",
            "plugin.path": str(build_dir() / "plugins"),
            "offset.storage.file.filename": str(self.folder / "offsets"),
            "offset.flush.interval.ms": "1000",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            **properties,
        }

    @property
    def url(self):
        return self.properties["listeners"].split(",")[0]

    def prepare(self):
        (self.folder / "worker.properties").write_text("".join(f"{key}={value}\n" for key, value in self.properties.items()))

    def command(self):
        return [str(sluice_binary()), self.mode, "worker.properties", *self.connectors]

    def ready(self):
        try:
            return self.request("GET", "/", timeout=1)[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, timeout=30):
        """One REST call: (status, decoded JSON or text). Raises OSError if the worker does not answer."""
        data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"} if data is not None else {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            return status, text

    def get(self, path):
        status, body = self.request("GET", path)
        if status != 200:
            raise RestError(f"GET {path}: {status} {body}")
        return body

    def create(self, name, config):
        status, body = self.request("POST", "/connectors", {"name": name, "config": config})
        if status != 201:
            raise RestError(f"POST /connectors {name}: {status} {body}")
        return body

    def delete(self, name):
        status, body = self.request("DELETE", "/connectors/" + urllib.parse.quote(name, safe=""))
        if status != 204:
            raise RestError(f"DELETE /connectors/{name}: {status} {body}")

    def wait_running(self, name, tasks=1, seconds=20):
        """Waits until the connector and so many tasks run; fails at once if one of them has failed."""
        def running():
            status, body = self.request("GET", f"/connectors/{urllib.parse.quote(name, safe='')}/status")
            if status != 200:
                return False
            states = [body["connector"], *body["tasks"]]
            if any(state["state"] == "FAILED" for state in states):
                raise RestError(f"{name} has failed: {json.dumps(body, indent=1)}")
            return len(body["tasks"]) == tasks and all(state["state"] == "RUNNING" for state in states)

        wait_until(running, seconds, lambda: f"{name} is not running: {self.request('GET', f'/connectors/{name}/status')}\n{self.log_tail()}")


def wait_until(condition, seconds, describe=lambda: "the condition did not come true"):
    """Polls until `condition()` is true; raises ServiceError with describe() after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ServiceError(f"waited {seconds} s: {describe()}")
        time.sleep(0.05)
