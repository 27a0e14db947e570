#!/usr/bin/env python3
"""A connector configuration written for Kafka Connect's file connectors runs unchanged against a real broker: a growing file becomes records that
Java's console consumer reads, records that Java's console producer writes become lines, and a restarted worker goes on where it stopped."""
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from broker_case import BrokerCase  # noqa: E402
from worker import Worker, wait_until  # noqa: E402


class FileRoundtrip(BrokerCase):
    def worker(self, name):
        worker = Worker(self.folder / name, {"bootstrap.servers": self.kafka.bootstrap})
        self.addCleanup(worker.kill)
        return worker

    def test_file_to_topic_and_on_after_a_restart(self):
        topic = f"lines-{uuid.uuid4().hex[:8]}"
        text = self.folder / "source.txt"
        text.write_text("one\ntwo\nthree\n")
        worker = self.worker("source")
        worker.start(tied=True)
        # The example configuration that Kafka ships, with its Java class name.
        worker.create("local-file-source", {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1",
                                            "file": str(text), "topic": topic})
        worker.wait_running("local-file-source")
        self.assertEqual(self.kafka.consume(topic, 3), ["one", "two", "three"])
        with text.open("a") as file:
            file.write("four\nfive\n")
        self.assertEqual(self.kafka.consume(topic, 5), ["one", "two", "three", "four", "five"])

        worker.stop()
        with text.open("a") as file:
            file.write("six\n")
        worker.start(tied=True)
        worker.create("local-file-source", {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(text), "topic": topic})
        self.assertEqual(self.kafka.consume(topic, 6), ["one", "two", "three", "four", "five", "six"])
        log = (self.folder / "source" / "server.log").read_text()
        self.assertNotIn("AddressSanitizer", log)

    def test_text_beyond_ascii_goes_on_at_the_right_byte(self):
        # Offsets count characters, as Java's do; the bytes they stand for are more.
        topic = f"words-{uuid.uuid4().hex[:8]}"
        text = self.folder / "words.txt"
        text.write_text("Stra\u00dfe\n\U0001f600 \u65e5\u672c\n", encoding="utf-8")
        worker = self.worker("words")
        config = {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(text), "topic": topic}
        worker.start(tied=True)
        worker.create("words", config)
        self.assertEqual(self.kafka.consume(topic, 2), ["Stra\u00dfe", "\U0001f600 \u65e5\u672c"])
        worker.stop()
        with text.open("a", encoding="utf-8") as file:
            file.write("\u00e4rger\n")
        worker.start(tied=True)
        worker.create("words", config)
        self.assertEqual(self.kafka.consume(topic, 3)[2:], ["\u00e4rger"])

    def test_topic_to_file_through_json(self):
        topic = f"json-{uuid.uuid4().hex[:8]}"
        self.kafka.produce(topic, ['{"a":1}', '{"b":[true,null]}'])
        out = self.folder / "sink.txt"
        worker = self.worker("sink")
        worker.start(tied=True)
        worker.create("local-file-sink", {"connector.class": "FileStreamSink", "tasks.max": "1", "file": str(out), "topics": topic,
                                          "value.converter": "org.apache.kafka.connect.json.JsonConverter",
                                          "value.converter.schemas.enable": "false"})
        worker.wait_running("local-file-sink")
        wait_until(lambda: out.exists() and out.read_text().count("\n") >= 2, 20, lambda: f"{out} did not fill:\n{worker.log_tail()}")
        self.assertEqual(out.read_text(), "{a=1}\n{b=[true, null]}\n")  # what Java's Map.toString gives

    def test_a_full_device_fails_the_sink_and_commits_nothing(self):
        topic = f"full-{uuid.uuid4().hex[:8]}"
        self.kafka.produce(topic, ["one", "two"])
        worker = self.worker("full")
        worker.start(tied=True)
        worker.create("full", {"connector.class": "FileStreamSink", "tasks.max": "1", "topics": topic, "file": "/dev/full"})
        wait_until(lambda: [task["state"] for task in worker.get("/connectors/full/status")["tasks"]] == ["FAILED"], 30)
        self.assertIn("Cannot write to /dev/full: No space left on device", worker.get("/connectors/full/tasks/0/status")["trace"])
        self.assertEqual(worker.get("/connectors/full/offsets"), {"offsets": []})

    def test_a_bad_configuration_is_named_and_leaves_nothing_behind(self):
        worker = self.worker("bad")
        worker.start(tied=True)
        status, body = worker.request("POST", "/connectors", {"name": "bad", "config": {"connector.class": "FileStreamSource", "tasks.max": "zero"}})
        self.assertEqual(status, 400)
        self.assertIn("tasks.max", body["message"])
        self.assertIn("topic", body["message"])
        self.assertEqual(worker.get("/connectors"), [])


if __name__ == "__main__":
    unittest.main()
