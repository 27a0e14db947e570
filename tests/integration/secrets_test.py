#!/usr/bin/env python3
"""Canaries: secrets with names that nobody else uses are written wherever users write secrets, everything is made to fail that can, and then
all that left the worker is searched for them: every answer of the REST API, the log at TRACE, /metrics, and the bytes of every topic but the
config topic, which holds what the user wrote."""
import base64
import http.client
import json
import pathlib
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from kafka import Kafka  # noqa: E402
from worker import Worker, build_dir, wait_until  # noqa: E402

WRITTEN, PROVIDED, IN_JAAS, IN_A_NUMBER, IN_TLS, IN_BASIC_AUTH, IN_CLIENT = CANARIES = [f"Canary-{number}-x7Qq9" for number in range(7)]
JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="%s";'


class DistributedWorker(Worker):
    mode = "distributed"


class Secrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="secrets-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.kafka = Kafka(cls.folder / "kafka").start(tied=True)  # of our own: the bytes of its log are read

    @classmethod
    def tearDownClass(cls):
        cls.kafka.remove()
        cls.temporary.cleanup()

    def worker(self, name, **more):
        folder = self.folder
        (folder / "secrets.properties").write_text(f"password={PROVIDED}\nnumber={IN_A_NUMBER}\n")
        (folder / "users").write_text(f"admin={IN_BASIC_AUTH}\n")
        (folder / "jaas").write_text("KafkaConnect { org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required "
                                     f'file="{folder}/users"; }};')
        worker = DistributedWorker(folder / name, {
            "bootstrap.servers": self.kafka.bootstrap, "group.id": "secrets",
            "plugin.path": f"{build_dir() / 'plugins'},{build_dir() / 'test-plugins' / 'scripted'}",
            **{f"{name}.storage.topic": f"secrets-{name}" for name in ("config", "offset", "status")},
            **{f"{name}.storage.replication.factor": "1" for name in ("config", "offset", "status")},
            "config.providers": "file",
            "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
            "listeners.https.ssl.key.password": IN_TLS, "consumer.sasl.jaas.config": JAAS % IN_CLIENT,
            "rest.extension.classes": "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension",
            "sluice.rest.basic.auth.jaas.config": str(folder / "jaas"),
            "sluice.log.level": "TRACE", **more})
        worker.properties.pop("offset.storage.file.filename")
        worker.ready = lambda: self.listening(worker) and self.ask(worker, "GET", "/")[0] == 200
        self.addCleanup(worker.kill)
        return worker.start(tied=True)

    def ask(self, worker, method, path, body=None, user=f"admin:{IN_BASIC_AUTH}"):
        """The status and the whole answer, which is kept for the search."""
        host, port = worker.url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.answers.append((f"{method} {path}", str(answer.headers) + text))
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def test_no_canary_gets_out(self):
        self.answers = []
        worker = self.worker("worker")
        secrets = self.folder / "secrets.properties"
        scripted = {"connector.class": "ScriptedSource", "topic": "canaries", "count": "5", "fail.at": "3"}
        connectors = {
            "written": {**scripted, "secret": WRITTEN},
            "provided": {**scripted, "secret": f"${{file:{secrets}:password}}"},
            "client": {**scripted, "producer.override.security.protocol": "SASL_PLAINTEXT", "producer.override.sasl.mechanism": "PLAIN",
                       "producer.override.sasl.jaas.config": JAAS % IN_JAAS, "topic": "never"},
        }
        for name, config in connectors.items():
            status, body = self.ask(worker, "POST", "/connectors", {"name": name, "config": config})
            self.assertEqual(status, 201, body)
        for name in ("written", "provided"):
            wait_until(lambda: self.failed_tasks(worker, name), 60, worker.log_tail)
            _, status = self.ask(worker, "GET", f"/connectors/{name}/status")
            self.assertIn("db://user:****@host", status["tasks"][0]["trace"])

        bad = {**scripted, "name": "written", "count": f"${{file:{secrets}:number}}", "secret": "****"}
        status, body = self.ask(worker, "PUT", "/connector-plugins/ScriptedSource/config/validate", bad)
        self.assertEqual(status, 200, body)
        self.assertIn("Invalid value **** for configuration count", json.dumps(body))
        for name, config in connectors.items():
            key = "secret" if "secret" in config else "producer.override.sasl.jaas.config"
            shown = config[key] if config[key].startswith("$") else "****"
            for path in ("", "/config", "/tasks", "/status", "/topics", "/offsets", "/tasks/0/status"):
                self.assertEqual(self.ask(worker, "GET", f"/connectors/{name}{path}")[0], 200, path)
            for path in ("/health", "/history"):
                self.assertEqual(self.ask(worker, "GET", f"/sluice/v1/connectors/{name}{path}")[0], 200, path)
            self.assertEqual(self.ask(worker, "GET", f"/connectors/{name}/config")[1][key], shown)
            self.assertEqual(self.ask(worker, "GET", f"/connectors/{name}/tasks")[1][0]["config"][key], shown)
            self.assertEqual(self.ask(worker, "PUT", f"/connectors/{name}/config", {**config, "count": f"${{file:{secrets}:number}}"})[0], 400)
            self.assertEqual(self.ask(worker, "POST", "/connectors", {"name": name, "config": config})[0], 409)
            self.assertEqual(self.ask(worker, "POST", "/connectors", {"name": "x", "config": {"secret": config[key]}})[0], 400)
            change = {"batch": "2", **({key: "****"} if shown == "****" else {})}
            self.assertEqual(self.ask(worker, "PATCH", f"/connectors/{name}/config", change)[0], 200)
            self.ask(worker, "POST", f"/connectors/{name}/restart?includeTasks=true")
        for path in ("/connectors?expand=info&expand=status", "/connector-plugins/ScriptedSource/config", "/admin/loggers", "/metrics", "/health",
                     "/sluice/v1/plugins"):
            self.assertEqual(self.ask(worker, "GET", path)[0], 200, path)
        self.assertEqual(self.ask(worker, "GET", "/connectors", user="admin:wrong")[0], 401)
        # The mask that was sent back has not become the password: the task says so by failing with it.
        wait_until(lambda: self.failed_tasks(worker, "written"), 60, worker.log_tail)
        worker.stop()

        log = worker.log_path.read_text(errors="replace")
        self.assertIn("logging in with ****", log)
        config_topic = b"".join(path.read_bytes() for path in self.segments("secrets-config-*"))
        self.assertIn(WRITTEN.encode(), config_topic, "what the user wrote is stored")
        self.assertNotIn(PROVIDED.encode(), config_topic, "the variable is stored, not what it stands for")
        found = [(canary, where) for canary in CANARIES for where, text in [*self.answers, ("log", log)] if canary in text]
        self.assertEqual(found, [])
        topics = {path: path.read_bytes() for path in self.segments("*") if not path.parent.name.startswith("secrets-config-")}
        self.assertTrue(any(b"db://user:****@host" in data for data in topics.values()), "the status topic is among them")
        self.assertEqual([(canary, str(path)) for canary in CANARIES for path, data in topics.items() if canary.encode() in data], [])

        shown = self.worker("shown", **{"sluice.rest.show.secrets": "true"})
        wait_until(lambda: self.ask(shown, "GET", "/connectors/written/config")[0] == 200, 60, shown.log_tail)
        self.assertEqual(self.ask(shown, "GET", "/connectors/written/config")[1]["secret"], WRITTEN, "Connect's answer, with the kept password")

    def failed_tasks(self, worker, name):
        status, body = self.ask(worker, "GET", f"/connectors/{name}/status")
        return status == 200 and [task for task in body["tasks"] if task["state"] == "FAILED"]

    def segments(self, pattern):
        return list((self.kafka.folder / "data").rglob(f"{pattern}/*.log"))

    @staticmethod
    def listening(worker):
        host, port = worker.url.removeprefix("http://").split(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0


if __name__ == "__main__":
    unittest.main()
