#!/usr/bin/env python3
"""REST clients of Kafka Connect that others wrote, unmodified, against a cluster of two workers. A command, no part of ctest: it fetches the
clients from PyPI, npm and Maven with their own tools into $SLUICE_CACHE (~/.cache/sluice).

    tests/clients/clients_test.py -v                                  against the built product
    SLUICE_CLUSTER_KIND=java tests/clients/clients_test.py -v         against Kafka Connect itself

Each client speaks to the worker that does not lead, so that its commands are passed on. A client whose language is not installed is skipped.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest
import urllib.error
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services"))
import artifacts  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from connect import Cluster, our_kind  # noqa: E402
from service import free_ports  # noqa: E402
from worker import wait_until  # noqa: E402


def cache(name):
    return artifacts.cache_dir() / "clients" / name


def installed(name, install):
    """The folder of a client, filled by `install(folder)` the first time. It appears when it is complete."""
    folder = cache(name)
    if not (folder / ".complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        (folder / ".complete").touch()
    return folder


def from_pypi(requirement):
    def install(folder):
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", requirement], check=True, timeout=300)

    return installed(requirement.replace("==", "-"), install) / "bin"


def from_npm(package):
    def install(folder):
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--prefix", folder, package], check=True, timeout=300)

    return installed("npm-" + package.replace("@", "-"), install) / "node_modules"


class Clients(BrokerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster = Cluster(cls.folder / "cluster", cls.kafka.bootstrap, [our_kind()] * 2)
        cls.addClassCleanup(cls.cluster.kill)
        cls.cluster.start(together=False)
        cls.worker = cls.cluster[1]
        cls.input = cls.folder / "input.txt"
        cls.input.write_text("one\ntwo\n")

    def run_client(self, *command, status=0, **environment):
        """What the client printed. Its exit status must be `status`."""
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                              env={**os.environ, **environment})
        if status is not None:
            self.assertEqual(done.returncode, status, f"{command}: {done.stdout}\n{self.worker.log_tail()}")
        return done.stdout

    def state(self, name, state, tasks=1):
        return self.cluster.wait_state(name, state, tasks)

    def test_sourcelab_java(self):
        jars = artifacts.fetch("clients")
        out = self.run_client(kafka.java(), "-cp", f"{jars}/*", "org.mozilla.javascript.tools.shell.Main", HERE / "sourcelab.js",
                              self.worker.url, self.input)
        self.assertIn("all answers understood", out)

    @unittest.skipUnless(shutil.which("npm"), "npm is not installed")
    def test_kafka_connect_client_node(self):
        modules = from_npm("kafka-connect-client@2.3.0")
        out = self.run_client("node", HERE / "node_client.js", self.worker.url.rsplit(":", 1)[1], self.input, NODE_PATH=str(modules))
        self.assertIn("all answers understood", out)

    def test_kafka_connect_api_python(self):
        out = self.run_client(from_pypi("kafka-connect-api==0.5.10") / "python", HERE / "api_client.py", self.worker.url, self.input)
        self.assertIn("all answers understood", out)

    def test_kafka_connect_py(self):
        kc = from_pypi("kafka-connect-py==1.0.0") / "kc"

        def run(*words):
            return self.run_client(kc, "--url", self.worker.url, *words)

        config = {"connector.class": "FileStreamSource", "tasks.max": "1", "topic": "kc", "file": str(self.input)}
        self.assertIn("kafka_cluster_id", run("info"))
        self.assertEqual(json.loads(run("create", "--config-data", json.dumps({"name": "kc", "config": config})))["name"], "kc")
        self.state("kc", "RUNNING")
        self.assertIn("kc", json.loads(run("list")))
        self.assertEqual(json.loads(run("config", "kc")), {**config, "name": "kc"})
        self.assertEqual(json.loads(run("status", "kc"))["connector"]["state"], "RUNNING")
        self.assertEqual(json.loads(run("get", "kc"))["type"], "source")
        self.assertEqual(json.loads(run("list-tasks", "kc"))[0]["id"], {"connector": "kc", "task": 0})
        self.assertEqual(json.loads(run("task-status", "kc", "0"))["state"], "RUNNING")
        run("pause", "kc")
        self.state("kc", "PAUSED")
        run("resume", "kc")
        self.state("kc", "RUNNING")
        run("restart", "kc", "--include-tasks")
        run("restart-task", "kc", "0")
        self.state("kc", "RUNNING")
        self.assertIn("kc", json.loads(run("list-topics", "kc")))
        run("reset-topics", "kc")
        self.assertEqual(json.loads(run("update", "kc", "--config-data", json.dumps({**config, "batch.size": "3"})))["config"]["batch.size"], "3")
        self.assertIn("FileStreamSource", run("list-plugins"))
        run("delete", "kc")
        wait_until(lambda: "kc" not in json.loads(run("list")), 20)

    def test_kafka_connect_cli(self):
        tool = from_pypi("kafka-connect-cli==0.2.5") / "kafka_connect"

        def run(*words, status=0):
            return self.run_client(tool, *words, "--url", self.worker.url, status=status)

        config = {"connector.class": "FileStreamSource", "tasks.max": "1", "topic": "cli", "file": str(self.input)}
        run("connector", "create", "--name", "cli", "--configuration", json.dumps(config))
        self.state("cli", "RUNNING")
        self.assertIn({"connector": "cli", "state": "RUNNING", "failedTasks": []}, json.loads(run("connector", "list")))
        self.assertEqual(json.loads(run("connector", "get", "--name", "cli")), {"connector": "cli", "state": "RUNNING", "failedTasks": []})
        self.assertEqual(json.loads(run("connector", "configuration", "--name", "cli"))["topic"], "cli")
        run("health-check", "--verbose")
        run("connector", "pause", "--name", "cli")
        self.state("cli", "PAUSED")
        run("connector", "resume", "--name", "cli")
        self.state("cli", "RUNNING")
        run("connector", "restart", "--name", "cli")
        run("task", "list", "--connector", "cli")
        run("task", "restart", "--connector", "cli", "--task", "0")
        run("connector", "update", "--name", "cli", "--configuration", json.dumps({**config, "batch.size": "4"}))
        self.assertIn("No status found", run("connector", "get", "--name", "none", status=None))
        run("connector", "delete", "--name", "cli")
        wait_until(lambda: "cli" not in run("connector", "list"), 20)

    def test_kafka_connect_healthcheck(self):
        tool = from_pypi("kafka-connect-healthcheck==0.3.0") / "kafka-connect-healthcheck"
        self.cluster.create("health", {"connector.class": "FileStreamSource", "tasks.max": "1", "topic": "health", "file": str(self.input)})
        self.state("health", "RUNNING")
        owner, _ = self.cluster.owners("health")
        port = free_ports(1)[0]
        process = subprocess.Popen([str(tool), "--port", str(port), "--connect-url", self.worker.url, "--connect-worker-id", owner],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def healthy():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    return json.load(answer)["healthy"]
            except urllib.error.HTTPError as error:
                return json.load(error)["healthy"]
            except OSError:
                return None

        wait_until(lambda: healthy() is True, 20, lambda: f"healthy: {healthy()}")
        self.cluster.create("health-bad", {"connector.class": "MockSource", "tasks.max": "1", "mock_mode": "task-failure", "delay_ms": "0"})
        self.cluster.create("health-worse", {"connector.class": "MockSource", "tasks.max": "1", "mock_mode": "task-failure", "delay_ms": "0"})
        wait_until(lambda: healthy() is False, 20, lambda: f"healthy: {healthy()}, with tasks that failed")
        for name in ("health", "health-bad", "health-worse"):
            self.cluster.delete(name)


if __name__ == "__main__":
    unittest.main()
