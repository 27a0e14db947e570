#!/usr/bin/env python3
"""A real Prometheus server on a free loopback port, with all its state in one folder.

    prometheus.py fetch          brings the programs into the cache folder
    prometheus.py promtool ...   runs Prometheus' own checker

    with Prometheus(folder, [worker.url], rules="groups: ...") as prometheus:
        prometheus.query("up")     # [({label: value}, number), ...]

The programs are those of Debian's package, unpacked into $SLUICE_CACHE and not installed: an installed one would start a server of its own.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from service import Service, ServiceError, free_ports  # noqa: E402


def cache():
    return pathlib.Path(os.environ.get("SLUICE_CACHE") or pathlib.Path.home() / ".cache" / "sluice") / "prometheus"


def program(name):
    """The path of `prometheus` or `promtool`, from PATH or from the cache, which is filled if need be."""
    found = shutil.which(name) or cache() / "usr" / "bin" / name
    if not pathlib.Path(found).exists():
        fetch()
    return str(found)


def fetch():
    if shutil.which("prometheus") and shutil.which("promtool") or (cache() / "usr" / "bin" / "promtool").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, text=True)
        packages = list(pathlib.Path(folder).glob("prometheus_*.deb"))
        if run.returncode or not packages:
            raise ServiceError(f"Debian's package prometheus cannot be downloaded: run apt-get update, then try again\n{run.stderr}")
        unpacked = pathlib.Path(folder) / "unpacked"
        subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(unpacked)], check=True)
        for name in ("prometheus", "promtool"):
            target = cache() / "usr" / "bin" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(f".{os.getpid()}.part")
            shutil.copy2(unpacked / "usr" / "bin" / name, part)
            part.replace(target)


def promtool(*arguments, cwd=None):
    """The output of promtool; ServiceError if it finds something wrong."""
    run = subprocess.run([program("promtool"), *arguments], cwd=cwd, capture_output=True, text=True)
    if run.returncode:
        raise ServiceError(f"promtool {' '.join(arguments)}:\n{run.stdout}{run.stderr}")
    return run.stdout


class Prometheus(Service):
    name = "prometheus"

    def __init__(self, folder, urls, rules=None):
        super().__init__(folder)
        self.targets = [url.removeprefix("http://") for url in urls]
        self.rules = rules
        self.port = free_ports(1)[0]

    def prepare(self):
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                  "scrape_configs": [{"job_name": "sluice", "static_configs": [{"targets": self.targets}]}]}
        if self.rules is not None:
            (self.folder / "rules.yml").write_text(self.rules)
            config["rule_files"] = ["rules.yml"]
        (self.folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML

    def command(self):
        return [program("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{self.port}"]

    def ready(self):
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            return False

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()

    def api(self, path):
        return json.loads(self.get("/api/v1" + path)[1])["data"]

    def query(self, expression):
        result = self.api("/query?" + urllib.parse.urlencode({"query": expression}))["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def firing(self):
        """The labels of the alerts that fire."""
        return [alert["labels"] for alert in self.api("/alerts")["alerts"] if alert["state"] == "firing"]


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        fetch()
    elif sys.argv[1:2] == ["promtool"]:
        sys.stdout.write(promtool(*sys.argv[2:]))
    else:
        sys.exit(__doc__)
