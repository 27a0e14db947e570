#!/usr/bin/env python3
"""Kafka Connect's own system tests (tests/kafkatest/tests/connect) re-created on three workers, in each of the three protocols.

The tests of one protocol share a cluster; those that restart it leave it running."""
import json
import time
import unittest
import uuid

from cluster_case import OURS, ClusterCase
from pipe import FilePipe
from verifiable import all_lives
from worker import wait_until

MOCK_DELAY_MS = 1500


class SystemTests:
    protocol = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.workers = cls.make_cluster()

    @classmethod
    def make_cluster(cls):
        from connect import Cluster
        cluster = Cluster(cls.folder / "cluster", cls.kafka.bootstrap, [OURS] * 3, {
            "connect.protocol": cls.protocol, "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter", "key.converter.schemas.enable": "false",
            "value.converter.schemas.enable": "false", "config.providers": "file",
            "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider"})
        cls.addClassCleanup(cluster.kill)
        return cluster.start()

    def setUp(self):
        self.name = "c" + uuid.uuid4().hex[:8]
        for worker in self.workers.workers:
            worker.start(tied=True)

    def tearDown(self):
        if self.workers.alive():
            for name in self.workers.call("GET", "/connectors"):
                self.workers.delete(name)

    def mock(self, kind, mode):
        """A connector that fails MOCK_DELAY_MS after its start, in the connector or in the task."""
        config = {"connector.class": f"org.apache.kafka.connect.tools.Mock{kind}Connector", "tasks.max": "1", "mock_mode": mode,
                  "delay_ms": str(MOCK_DELAY_MS)}
        if kind == "Sink":
            config["topics"] = f"{self.name}-topic"
        self.workers.create(self.name, config)

    def connector_state(self):
        body = self.workers.call("GET", f"/connectors/{self.name}/status")
        return body["connector"]["state"]

    def task_state(self):
        body = self.workers.call("GET", f"/connectors/{self.name}/status")
        return body["tasks"][0]["state"] if body["tasks"] else None

    def wait(self, what, state, seconds=20):
        wait_until(lambda: what() == state, seconds,
                   lambda: f"not {state}: {[worker.status(self.name) for worker in self.workers.alive()]}")

    def test_restart_failed_connector(self):
        for kind in ("Sink", "Source"):
            with self.subTest(kind):
                self.mock(kind, "connector-failure")
                self.wait(self.connector_state, "FAILED")
                self.workers.call("POST", f"/connectors/{self.name}/restart")
                self.wait(self.connector_state, "RUNNING", 10)
                self.workers.delete(self.name)

    def test_restart_failed_task(self):
        for kind in ("Sink", "Source"):
            with self.subTest(kind):
                self.mock(kind, "task-failure")
                self.wait(self.task_state, "FAILED")
                self.assertEqual(self.connector_state(), "RUNNING")
                self.workers.call("POST", f"/connectors/{self.name}/tasks/0/restart")
                self.wait(self.task_state, "RUNNING", 10)
                self.workers.delete(self.name)

    def test_restart_connector_and_tasks_failed_connector(self):
        self.mock("Sink", "connector-failure")
        self.wait(self.connector_state, "FAILED")
        self.workers.call("POST", f"/connectors/{self.name}/restart?onlyFailed=true&includeTasks=false", worker=self.workers[1])
        self.wait(self.connector_state, "RUNNING", 10)

    def test_restart_connector_and_tasks_failed_task(self):
        self.mock("Source", "task-failure")
        self.wait(self.task_state, "FAILED")
        plan = self.workers.call("POST", f"/connectors/{self.name}/restart?onlyFailed=false&includeTasks=true", worker=self.workers[2])
        self.assertEqual([plan["connector"]["state"], plan["tasks"][0]["state"]], ["RESTARTING", "RESTARTING"])
        self.wait(self.task_state, "RUNNING", 10)

    # Verifiable connectors: what happened is what they printed.
    def source(self, **more):
        return {"connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector", "tasks.max": "3", "throughput": "100",
                "topic": f"{self.name}-topic", **more}

    def sink(self, topic=None, tasks=3):
        return {"connector.class": "org.apache.kafka.connect.tools.VerifiableSinkConnector", "tasks.max": str(tasks),
                "topics": topic or f"{self.name}-topic"}

    def lives(self, connector=None):
        return [life for life in all_lives(self.workers.workers) if life.connector == (connector or self.name)]

    def test_pause_and_resume_source(self):
        self.workers.create(self.name, self.source())
        self.workers.wait_running(self.name, 3)

        def sent():
            return sum(len(life.polled) for life in self.lives())

        wait_until(lambda: sent() > 50, 20)
        self.workers.verb(self.name, "pause", self.workers[1])
        self.workers.wait_state(self.name, "PAUSED", 3)
        time.sleep(0.5)  # a batch that was under way
        before = sent()
        time.sleep(3)
        self.assertEqual(sent(), before, "a paused source goes on sending")
        self.workers.verb(self.name, "resume", self.workers[2])
        self.workers.wait_running(self.name, 3)
        wait_until(lambda: sent() > before + 50, 20)
        for task in range(3):
            numbers = [seqno for life in self.lives() if life.task == task for _, seqno in life.polled]
            self.assertEqual(numbers, list(range(len(numbers))), "a pause loses and repeats nothing")

    def test_pause_and_resume_sink(self):
        feeder = f"{self.name}-feed"
        self.workers.create(feeder, self.source(**{"tasks.max": "1"}))
        self.workers.create(self.name, self.sink(tasks=1))
        self.workers.wait_running(self.name, 1)

        def received():
            return sum(len(life.received) for life in self.lives())

        wait_until(lambda: received() > 50, 30)
        self.workers.verb(self.name, "pause")
        self.workers.wait_state(self.name, "PAUSED", 1)
        time.sleep(0.5)
        before = received()
        time.sleep(3)
        self.assertEqual(received(), before, "a paused sink goes on receiving")
        self.workers.verb(self.name, "resume")
        self.workers.wait_running(self.name, 1)
        wait_until(lambda: received() > before + 50, 20)
        self.workers.delete(feeder)

    def restart_all(self):
        self.workers.stop()
        self.workers.start()

    def test_pause_state_persistent(self):
        self.workers.create(self.name, self.source())
        self.workers.wait_running(self.name, 3)
        self.workers.verb(self.name, "pause")
        self.workers.wait_state(self.name, "PAUSED", 3)
        self.restart_all()
        self.workers.wait_state(self.name, "PAUSED", 3)
        self.workers.verb(self.name, "resume")
        self.workers.wait_running(self.name, 3)

    def test_dynamic_logging(self):
        first, *others = self.workers.workers
        before = {worker: self.workers.call("GET", "/admin/loggers", worker=worker) for worker in self.workers.workers}
        for loggers in before.values():
            self.assertIn("root", loggers)
            self.assertGreater(len(loggers), 1)
            self.assertEqual({entry["last_modified"] for entry in loggers.values()}, {None})
        namespace = "org.apache.kafka.connect.runtime"

        def level(worker, logger=namespace):
            return self.workers.call("GET", f"/admin/loggers/{logger}", worker=worker)

        # One worker only.
        changed = self.workers.call("PUT", f"/admin/loggers/{namespace}?scope=worker", {"level": "ERROR"}, worker=first)
        self.assertTrue(changed)
        self.assertTrue(all(name.startswith(namespace) for name in changed), changed)
        self.assertEqual(level(first)["level"], "ERROR")
        self.assertIsNotNone(level(first)["last_modified"])
        for worker in others:
            self.assertEqual(self.workers.call("GET", "/admin/loggers", worker=worker), before[worker])
        # All workers.
        self.assertIsNone(self.workers.call("PUT", f"/admin/loggers/{namespace}?scope=cluster", {"level": "DEBUG"}, worker=first))
        wait_until(lambda: all(level(worker)["level"] == "DEBUG" for worker in self.workers.workers), 10)
        modified = [level(worker)["last_modified"] for worker in self.workers.workers]
        # The same once more changes nothing.
        time.sleep(0.01)
        self.workers.call("PUT", f"/admin/loggers/{namespace}?scope=cluster", {"level": "DEBUG"}, worker=others[0])
        # A logger of its own, set afterwards, tells when the one before has been through everywhere.
        self.workers.call("PUT", "/admin/loggers/fence?scope=cluster", {"level": "WARN"}, worker=others[0])
        wait_until(lambda: all(worker.request("GET", "/admin/loggers/fence")[0] == 200 and level(worker, "fence")["level"] == "WARN"
                               for worker in self.workers.workers), 10)
        self.assertEqual([level(worker)["last_modified"] for worker in self.workers.workers], modified)
        # A restart forgets it.
        self.restart_all()
        for worker in self.workers.workers:
            self.assertEqual({entry["last_modified"] for entry in self.workers.call("GET", "/admin/loggers", worker=worker).values()}, {None})
            self.assertNotIn("fence", self.workers.call("GET", "/admin/loggers", worker=worker))

    def test_file_source_and_sink(self):
        pipe = FilePipe(self.folder / self.name, self.workers, self.kafka, self.name)
        text = "org.apache.kafka.connect.storage.StringConverter"
        secrets = self.folder / f"{self.name}.properties"
        secrets.write_text(f"file={pipe.input}\n")
        self.kafka.create_topic(pipe.topic)
        # The file's name comes from a file, as in the original: REST must go on showing the variable.
        variable = "${file:" + str(secrets) + ":file}"
        self.workers.create(pipe.source, {**pipe.source_config(), "file": variable, "value.converter": text})
        self.workers.create(pipe.sink, pipe.sink_config(**{"value.converter": text}), self.workers[1])
        self.workers.wait_running(pipe.source)
        self.workers.wait_running(pipe.sink)
        pipe.append(200)
        pipe.wait_arrived()
        self.assertEqual(self.workers.call("GET", f"/connectors/{pipe.source}")["config"]["file"], variable)
        self.restart_all()
        pipe.append(200)
        pipe.wait_arrived()
        pipe.check(self)

    def test_bounce(self):
        """Rolling bounces: nothing missing, nothing twice while every stop is a clean one; nothing missing after kill -9."""
        topic = f"{self.name}-topic"
        self.kafka.create_topic(topic, partitions=3)
        source, sink = f"{self.name}-source", f"{self.name}-sink"
        self.workers.create(source, self.source())
        self.workers.create(sink, self.sink())
        self.workers.wait_running(source, 3)
        self.workers.wait_running(sink, 3)
        for clean in (True, True, False) if self.protocol == "sessioned" else (True, True):
            for worker in self.workers.workers:
                if clean:
                    worker.stop()
                else:
                    worker.kill()
                mark = worker.log_size()
                worker.start(tied=True)
                wait_until(lambda w=worker, m=mark: "Starting connectors and tasks using config offset" in w.log_since(m), 60, worker.log_tail)
            self.workers.wait_running(source, 3)
            self.workers.wait_running(sink, 3)
            self.check_bounce(source, sink, topic, clean)

    def check_bounce(self, source, sink, topic, clean):
        """Stops the source, waits for the sink to catch up, and counts."""
        self.workers.verb(source, "stop")
        self.workers.wait_state(source, "STOPPED", tasks=0)
        records = self.records(topic)

        def received():
            return [(task, seqno, offset) for life in self.lives(sink) for _, task, seqno, offset in life.received]

        wait_until(lambda: {(task, offset) for task, _, offset in received()} >= {(key, offset) for key, _, offset in records}, 30,
                   lambda: f"{len(set(received()))} of {len(records)} records arrived")
        for task in range(3):
            sent = [seqno for key, seqno, _ in records if key == task]
            acknowledged = {seqno for life in self.lives(source) if life.task == task for _, seqno in life.acknowledged}
            self.assertEqual(sorted(set(sent)), list(range(max(sent) + 1)), "records are missing in the topic")
            self.assertLessEqual(acknowledged, set(sent), "records that were acknowledged are not in the topic")
            if clean:
                self.assertEqual(sent, list(range(len(sent))), "clean stops only, and records are in the topic twice or out of order")
            arrived = [seqno for key, seqno, _ in received() if key == task]
            self.assertEqual(set(arrived), set(sent))
            if clean:
                self.assertEqual(len(arrived), len(set(arrived)), "clean stops only, and the sink got records twice")
        self.workers.verb(source, "resume")
        self.workers.wait_running(source, 3)

    def records(self, topic):
        """(key, value, offset) of every record of the topic, each partition in its order."""
        count = self.kafka.count(topic)
        lines = self.kafka.consume(topic, count, "--formatter-property", "print.key=true", "--formatter-property", "print.offset=true")
        found = []
        for line in lines:
            offset, key, value = line.split("\t")
            found.append((json.loads(key), json.loads(value), int(offset.removeprefix("Offset:"))))
        return found


class Sessioned(SystemTests, ClusterCase):
    protocol = "sessioned"


class Compatible(SystemTests, ClusterCase):
    protocol = "compatible"


class Eager(SystemTests, ClusterCase):
    protocol = "eager"


if __name__ == "__main__":
    unittest.main()
