"""Distributed workers of either kind, alone or as a cluster: `java` is Kafka Connect 4.3.1 itself, `sluice` is the built product.

    cluster = Cluster(folder, kafka.bootstrap, ["sluice", "java"])
    with cluster:
        cluster.create("lines", {"connector.class": "FileStreamSource", ...})
        cluster.wait_running("lines", tasks=1)
        cluster[0].kill()

Both kinds get the same properties file: plugin.path names a folder with Java's plugins and one with ours, and each finds its own.
$SLUICE_CLUSTER_KIND=java puts Java workers wherever a test would have put ours, which tells whether the test or the product is wrong.
"""
import os
import pathlib
import time
import urllib.parse
import uuid

import artifacts
import kafka
from service import ServiceError, free_ports
from worker import RestError, Worker, build_dir, sluice_binary, wait_until

JAVA_HEAP = "256m"
# What Java loads from its plugin.path; the rest is its class path, the verifiable connectors too, which Java never loads in isolation.
PLUGIN_JARS = ("connect-file-",)
NO_CLASS_PATH = (*PLUGIN_JARS, "connect-mirror", "connect-basic-auth-extension-")

LOG4J = """<Configuration status="WARN"><Appenders><Console name="out" target="SYSTEM_OUT">
<PatternLayout pattern="[%d] %p %X{connector.context}%m (%c:%L)%n"/></Console></Appenders>
<Loggers><Logger name="org.apache.kafka.connect.runtime.rest.RestServer" level="WARN"/><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""

# Answers of a cluster that is busy with itself; Connect's own system tests repeat such calls as well.
BUSY = (404, 409)


def our_kind():
    return os.environ.get("SLUICE_CLUSTER_KIND", "sluice")


def java_plugin_folder():
    """A folder that holds the plugin jars and nothing else, made once."""
    jars = artifacts.fetch("connect")
    folder = jars.with_name(jars.name + "-plugins")
    folder.mkdir(exist_ok=True)
    for jar in jars.glob("*.jar"):
        if jar.name.startswith(PLUGIN_JARS) and not (folder / jar.name).exists():
            try:
                (folder / jar.name).symlink_to(jar)
            except FileExistsError:
                pass  # another test was faster
    return folder


def java_class_path():
    return ":".join(str(jar) for jar in sorted(artifacts.fetch("connect").glob("*.jar")) if not jar.name.startswith(NO_CLASS_PATH))


class ConnectWorker(Worker):
    """One distributed worker. `kind` may be changed while it is stopped: the other kind then starts with the very same file."""

    mode = "distributed"
    stop_seconds_max = 60

    def __init__(self, folder, kind, properties):
        super().__init__(folder, {"offset.storage.file.filename": None, **properties})
        self.properties.pop("offset.storage.file.filename")
        self.kind = kind

    @property
    def name(self):
        return f"{self.kind} worker {self.folder.name}"

    @property
    def start_seconds_max(self):
        return 120 if self.kind == "java" else 60

    @property
    def worker_id(self):
        """As REST and the statuses show it."""
        return urllib.parse.urlsplit(self.url).netloc

    def command(self):
        if self.kind == "sluice":
            return [str(sluice_binary()), "distributed", "worker.properties"]
        config = self.folder / "log4j.xml"
        config.write_text(LOG4J)
        return [kafka.java(), f"-Xmx{JAVA_HEAP}", *kafka.JVM_FLAGS, f"-Dlog4j2.configurationFile={config}", "-cp", java_class_path(),
                "org.apache.kafka.connect.cli.ConnectDistributed", "worker.properties"]

    def launch(self, tied=False):
        if self.pid() is None:
            self.log_mark = self.log_size()
        return super().launch(tied)

    def ready(self):
        """Its REST API answers through the herder and it is in the group, as Connect's system tests define a started worker."""
        try:
            return "Joined group" in self.log_since_start() and self.request("GET", "/connectors", timeout=2)[0] == 200
        except OSError:
            return False

    def log_size(self):
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log_since(self, mark):
        with self.log_path.open("rb") as log:
            log.seek(mark)
            return log.read().decode(errors="replace")

    def log_since_start(self):
        return self.log_since(getattr(self, "log_mark", 0))

    def log_tail(self, lines=15):
        """Without what the verifiable connectors print."""
        text = self.log_path.read_text(errors="replace").splitlines() if self.log_path.exists() else []
        return f"the end of {self.log_path}:\n" + "\n".join([line[:400] for line in text if not line.startswith("{")][-lines:])

    def status(self, name, timeout=5):
        """The status of a connector as this worker sees it; None if it knows none or does not answer."""
        try:
            code, body = self.request("GET", f"/connectors/{urllib.parse.quote(name, safe='')}/status", timeout=timeout)
        except OSError:
            return None
        return body if code == 200 else None


class Cluster:
    """Workers that share a group and three internal topics. `properties` go to every worker; `bootstraps`: one for each worker."""

    def __init__(self, folder, bootstrap, kinds, properties=None, group=None, bootstraps=None):
        self.folder = pathlib.Path(folder)
        self.group = group or f"cluster-{uuid.uuid4().hex[:8]}"
        self.properties = {
            "bootstrap.servers": bootstrap,
            "group.id": self.group,
            "config.storage.topic": f"{self.group}-config",
            "config.storage.replication.factor": "1",
            "offset.storage.topic": f"{self.group}-offset",
            "offset.storage.replication.factor": "1",
            "offset.storage.partitions": "5",
            "status.storage.topic": f"{self.group}-status",
            "status.storage.replication.factor": "1",
            "status.storage.partitions": "5",
            "session.timeout.ms": "6000",
            "heartbeat.interval.ms": "500",
            # So that the partitions of a killed worker's sinks are free again as soon as its tasks are.
            "consumer.session.timeout.ms": "6000",
            "consumer.heartbeat.interval.ms": "500",
            "scheduled.rebalance.max.delay.ms": "2000",
            "task.shutdown.graceful.timeout.ms": "5000",
            "offset.flush.interval.ms": "1000",
            "plugin.discovery": "service_load",
            "plugin.path": f"{java_plugin_folder()},{build_dir() / 'plugins'},{build_dir() / 'test-plugins'}",
            **(properties or {}),
        }
        self.workers = []
        for index, kind in enumerate(kinds):
            own = {"bootstrap.servers": bootstraps[index]} if bootstraps else {}
            self.add(kind, **own)

    def add(self, kind, **properties):
        """One more worker, not started."""
        port = free_ports(1)[0]
        worker = ConnectWorker(self.folder / f"w{len(self.workers)}", kind,
                               {**self.properties, "listeners": f"http://127.0.0.1:{port}", **properties})
        self.workers.append(worker)
        return worker

    def __getitem__(self, index):
        return self.workers[index]

    def __len__(self):
        return len(self.workers)

    def start(self, together=True, tied=True):
        """Starts all; not together: each joins the group of those before it, so the first one leads."""
        if together:
            for worker in self.workers:
                worker.launch(tied)
        for worker in self.workers:
            worker.launch(tied).await_ready()
        return self

    def stop(self):
        """Asks all to end at the same time."""
        for worker in self.workers:
            worker.resume()
            worker._signal(15)
        for worker in self.workers:
            if not worker._wait_gone(worker.stop_seconds_max):
                worker.kill()
                raise ServiceError(f"{worker.name} did not end within {worker.stop_seconds_max} s of SIGTERM; {worker.log_tail(40)}")

    def kill(self):
        for worker in self.workers:
            worker.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        for worker in self.workers:
            worker.stop()

    def alive(self):
        return [worker for worker in self.workers if worker.pid() is not None]

    def call(self, method, path, body=None, worker=None, seconds=30, busy=BUSY):
        """One REST call to a worker (the first alive), repeated while the answer is one of `busy`; raises RestError on other errors."""
        deadline = time.monotonic() + seconds
        while True:
            target = worker or self.alive()[0]
            try:
                code, answer = target.request(method, path, body, timeout=seconds)
            except OSError as error:
                code, answer = 0, str(error)
            if 200 <= code < 300:
                return answer
            if (code not in busy and code != 0) or time.monotonic() > deadline:
                raise RestError(f"{method} {path} at {target.worker_id}: {code} {answer}\n{target.log_tail()}")
            time.sleep(0.25)

    def create(self, name, config, worker=None, **more):
        return self.call("POST", "/connectors", {"name": name, "config": config, **more}, worker, busy=())

    def configure(self, name, config, worker=None):
        return self.call("PUT", f"/connectors/{name}/config", config, worker)

    def delete(self, name, worker=None):
        return self.call("DELETE", f"/connectors/{name}", worker=worker)

    def verb(self, name, verb, worker=None):
        """pause, resume, stop"""
        return self.call("PUT", f"/connectors/{name}/{verb}", worker=worker)

    def wait_state(self, name, state, tasks=1, seconds=60, everywhere=True, task_state=None):
        """Until the connector and its tasks are in `state` for every worker that is alive."""
        seen = {}

        def reached():
            for worker in self.alive() if everywhere else self.alive()[:1]:
                body = seen[worker.worker_id] = worker.status(name)
                if body is None or body["connector"]["state"] != state or len(body["tasks"]) != tasks:
                    return False
                if any(task["state"] != (task_state or state) for task in body["tasks"]):
                    return False
            return True

        wait_until(reached, seconds, lambda: f"{name} is not {state}: {seen}\n" + "\n".join(w.log_tail(25) for w in self.alive()))
        return next(iter(seen.values()))

    def wait_running(self, name, tasks=1, seconds=60):
        return self.wait_state(name, "RUNNING", tasks, seconds)

    def owners(self, name):
        """(worker of the connector, {task id: worker}) as the status topic has it."""
        body = self.call("GET", f"/connectors/{name}/status")
        return body["connector"]["worker_id"], {task["id"]: task["worker_id"] for task in body["tasks"]}

    def by_id(self, worker_id):
        return next(worker for worker in self.workers if worker.worker_id == worker_id)
