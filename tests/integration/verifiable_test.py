#!/usr/bin/env python3
"""The connectors of Kafka's system tests, judged as those tests do: by the JSON lines they print."""
import json
import os
import pathlib
import tempfile
import unittest

from kafka import Kafka
from worker import Worker, wait_until


def lines(worker):
    """The JSON objects among the worker's output."""
    found = []
    for line in worker.log_path.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except ValueError:
                pass  # a line that is still being written
    return found


class VerifiableTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="verifiable-")
        cls.bootstrap, cls.kafka = os.environ.get("SLUICE_TEST_BOOTSTRAP"), None
        if not cls.bootstrap:
            cls.kafka = Kafka(pathlib.Path(cls.folder.name) / "kafka")
            cls.kafka.start(tied=True)
            cls.bootstrap = cls.kafka.bootstrap

    @classmethod
    def tearDownClass(cls):
        if cls.kafka:
            cls.kafka.remove()
        cls.folder.cleanup()

    def test_every_record_is_sent_once_and_arrives(self):
        topic = f"verifiable-{os.getpid()}"
        properties = {"bootstrap.servers": self.bootstrap, "offset.flush.interval.ms": "300",
                      "key.converter": "org.apache.kafka.connect.json.JsonConverter", "key.converter.schemas.enable": "true",
                      "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "true"}
        with Worker(pathlib.Path(self.folder.name) / "worker", properties) as worker:
            source = {"connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector", "tasks.max": "2", "topic": topic,
                      "throughput": "100"}
            worker.create("vs", source)
            worker.create("vk", {"connector.class": "VerifiableSink", "tasks.max": "1", "topics": topic,
                                 "consumer.override.auto.offset.reset": "earliest"})
            worker.wait_running("vs", tasks=2)
            wait_until(lambda: sum("flushed" in entry for entry in lines(worker)) > 100, 30)
            self.assertEqual(worker.request("PUT", "/connectors/vs/stop")[0], 204)
            self.assertEqual(worker.request("PUT", "/connectors/vs/resume")[0], 202)
            worker.wait_running("vs", tasks=2)
            before = len(lines(worker))
            wait_until(lambda: len(lines(worker)) > before + 200, 30)
            self.assertEqual(worker.request("PUT", "/connectors/vs/stop")[0], 204)

            def sent(task, mark):
                return [entry["seqno"] for entry in lines(worker)
                        if entry["name"] == "vs" and entry["task"] == task and ("committed" in entry) == mark]

            def arrived(task):
                return {entry["seqno"] for entry in lines(worker)
                        if entry["name"] == "vk" and entry["task"] == task and "flushed" not in entry}

            for task in (0, 1):
                committed = sorted(sent(task, True))
                self.assertEqual(committed, list(range(len(committed))), "each record is acknowledged once, also over the restart")
                self.assertGreater(len(committed), 50)
                wait_until(lambda t=task, c=committed: arrived(t) >= set(c), 20, lambda: "records that were acknowledged did not arrive")

    def test_mocks_fail_on_purpose(self):
        with Worker(pathlib.Path(self.folder.name) / "mock", {"bootstrap.servers": self.bootstrap}) as worker:
            worker.create("mc", {"connector.class": "MockSource", "mock_mode": "connector-failure", "delay_ms": "200"})
            worker.create("mt", {"connector.class": "MockSource", "mock_mode": "task-failure", "delay_ms": "200"})

            def states(name):
                status = worker.get(f"/connectors/{name}/status")
                return status["connector"]["state"], [task["state"] for task in status["tasks"]]

            wait_until(lambda: states("mc")[0] == "FAILED", 10, lambda: str(states("mc")))
            wait_until(lambda: states("mt")[1] == ["FAILED"], 10, lambda: str(states("mt")))
            self.assertEqual(states("mc")[1], ["RUNNING"])
            self.assertEqual(states("mt")[0], "RUNNING")


if __name__ == "__main__":
    unittest.main()
