#!/usr/bin/env python3
"""Poison records at one in a hundred, with a real broker: only they reach the dead-letter queue, with the headers that Java's Connect writes for
the same records; all else is delivered; `sluice dlq replay` brings them back when the configuration has been mended. The same for a source."""
import pathlib
import re
import subprocess
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from broker_case import BrokerCase  # noqa: E402
from connect import Cluster  # noqa: E402
from worker import Worker, sluice_binary, wait_until  # noqa: E402

RECORDS, POISON_EVERY = 1000, 100
PREFIX = "__connect.errors."
JSON = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false"}


def line(number):
    return f'{{"n": {number}' if number % POISON_EVERY == 50 else f'{{"n": {number}}}'


POISON = [line(number) for number in range(RECORDS) if number % POISON_EVERY == 50]


class DeadLetters(BrokerCase):
    def setUp(self):
        self.names = {name: f"{name}-{uuid.uuid4().hex[:8]}" for name in ("records", "dead", "java")}

    def worker(self, name):
        worker = Worker(self.folder / name, {"bootstrap.servers": self.kafka.bootstrap})
        self.addCleanup(worker.kill)
        return worker.start(tied=True)

    @staticmethod
    def with_queue(queue, **config):
        return {"tasks.max": "1", "errors.tolerance": "all", "errors.deadletterqueue.topic.name": queue,
                "errors.deadletterqueue.topic.replication.factor": "1", "errors.deadletterqueue.context.headers.enable": "true", **config}

    def sink(self, dead, file, converter):
        return self.with_queue(dead, **{"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "topics": self.names["records"],
                                        "file": str(file), **converter})

    def letters(self, topic, count):
        """[(headers, value)] of the queue; each record begins with a header."""
        wait_until(lambda: self.kafka.count(topic) >= count, 60, lambda: f"{topic} holds {self.kafka.count(topic)} of {count} records")
        text = self.kafka.run("ConsoleConsumer", "--topic", topic, "--from-beginning", "--max-messages", str(count), "--timeout-ms", "20000",
                              "--formatter-property", "print.headers=true", "--formatter-property", "headers.separator=\x1f", "--formatter-property", "key.separator=\x1e",
                              "--formatter-property", "line.separator=\x1d")
        letters = []
        for record in text.split("\x1d")[:count]:
            headers, value = record.split("\x1e")
            letters.append((dict(header.split(":", 1) for header in headers.split("\x1f")), value))
        return letters

    def replay(self, topic, *options):
        done = subprocess.run([str(sluice_binary()), "dlq", "replay", "--bootstrap-server", self.kafka.bootstrap, "--topic", topic, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def test_a_sinks_poison(self):
        records, dead = self.names["records"], self.names["dead"]
        self.kafka.create_topic(records)
        self.kafka.produce(records, [line(number) for number in range(RECORDS)])
        out = self.folder / "out.txt"
        worker = self.worker("sink")
        worker.create("sink", self.sink(dead, out, JSON))
        delivered = lambda: len(out.read_text().splitlines()) if out.exists() else 0  # noqa: E731
        wait_until(lambda: delivered() >= RECORDS - len(POISON), 60, lambda: f"{delivered()} lines")
        letters = self.letters(dead, len(POISON))
        self.assertEqual([value for _, value in letters], POISON)
        self.assertEqual(self.kafka.count(dead), len(POISON))
        self.assertEqual(delivered(), RECORDS - len(POISON))
        self.assertEqual([headers[PREFIX + "offset"] for headers, _ in letters], [str(n) for n in range(RECORDS) if n % POISON_EVERY == 50])

        status = worker.request("PUT", "/connectors/sink/config", self.sink(dead, out, {"value.converter": "org.apache.kafka.connect.storage.StringConverter"}))
        self.assertEqual(status[0], 200, status)
        self.assertEqual(self.replay(dead, "--dry-run"), (0, f"would send {len(POISON)} records of {dead}\n  {len(POISON)} to {records}\n"))
        self.assertEqual(self.replay(dead, "--max", "3"), (0, f"sent 3 records of {dead}\n  3 to {records}\n"))
        self.assertEqual(self.replay(dead), (0, f"sent {len(POISON) - 3} records of {dead}\n  {len(POISON) - 3} to {records}\n"))
        self.assertEqual(self.replay(dead), (0, f"sent 0 records of {dead}\n"))
        wait_until(lambda: delivered() >= RECORDS, 60, lambda: f"{delivered()} lines")
        self.assertEqual(out.read_text().splitlines()[-len(POISON):], POISON)
        self.assertNotIn(PREFIX, self.kafka.run("ConsoleConsumer", "--topic", records, "--from-beginning", "--max-messages",
                                                str(RECORDS + len(POISON)), "--timeout-ms", "20000", "--formatter-property", "print.headers=true"))
        self.compare_with_java(letters)

    def compare_with_java(self, ours):
        """Each header but the names of the connector, and the lines of a Java stack."""
        with Cluster(self.folder / "java", self.kafka.bootstrap, ["java"]) as cluster:
            cluster.create("java", self.sink(self.names["java"], self.folder / "java.txt", JSON))
            theirs = self.letters(self.names["java"], len(POISON))
        for (our, our_value), (their, their_value) in zip(ours, theirs):
            self.assertEqual(our_value, their_value)
            self.assertEqual(list(our), list(their))
            for name in our:
                if name == PREFIX + "connector.name":
                    self.assertEqual((our[name], their[name]), ("sink", "java"))
                elif name == PREFIX + "exception.stacktrace":
                    self.assertEqual(our[name].splitlines()[0], their[name].splitlines()[0])
                else:
                    self.assertEqual(our[name], their[name], name)

    def test_a_sources_poison(self):
        records, dead = self.names["records"], self.names["dead"]
        lines = [f"bad {number}" if number % POISON_EVERY == 50 else str(number) for number in range(RECORDS)]
        text = self.folder / "in.txt"
        text.write_text("".join(f"{item}\n" for item in lines))
        worker = self.worker("source")
        worker.create("source", self.with_queue(dead, **{
            "connector.class": "FileStreamSource", "file": str(text), "topic": records, "transforms": "number",
            "transforms.number.type": "org.apache.kafka.connect.transforms.Cast$Value", "transforms.number.spec": "int32"}))
        poison = [item for item in lines if item.startswith("bad")]
        letters = self.letters(dead, len(poison))
        self.assertEqual([value for _, value in letters], [f'"{item}"' for item in poison])
        wait_until(lambda: self.kafka.count(records) >= RECORDS - len(poison), 60)
        self.assertEqual(self.kafka.consume(records, RECORDS - len(poison)), [item for item in lines if not item.startswith("bad")])
        headers = letters[0][0]
        self.assertTrue(re.fullmatch(r'\{"position":\d+\}', headers["__sluice.errors.source.offset"]), headers)
        self.assertEqual(headers["__sluice.errors.source.partition"], f'{{"filename":"{text}"}}')
        self.assertEqual({name: headers[name] for name in ("__sluice.errors.topic", PREFIX + "stage", PREFIX + "class.name", PREFIX + "connector.name",
                                                           PREFIX + "task.id")},
                         {"__sluice.errors.topic": records, PREFIX + "stage": "TRANSFORMATION",
                          PREFIX + "class.name": "org.apache.kafka.connect.transforms.Cast$Value", PREFIX + "connector.name": "source",
                          PREFIX + "task.id": "0"})
        self.assertNotIn(PREFIX + "topic", headers)

        code, told = self.replay(dead)
        self.assertEqual((code, f"record at {dead}-0 offset 0" in told, "--to" in told), (3, True, True), told)
        self.assertEqual(self.replay(dead, "--to", records), (0, f"sent {len(poison)} records of {dead}\n  {len(poison)} to {records}\n"))
        self.assertEqual(self.kafka.consume(records, RECORDS)[-len(poison):], [f'"{item}"' for item in poison])

    def test_bad_words_are_told(self):
        for options in ([], ["--max", "many"], ["--nonsense", "x"]):
            done = subprocess.run([str(sluice_binary()), "dlq", "replay", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("Usage: sluice dlq replay", done.stderr)
        code, told = self.replay("no-such-queue-" + uuid.uuid4().hex[:8])
        self.assertEqual(code, 2, told)
        self.assertIn("no-such-queue", told)


if __name__ == "__main__":
    unittest.main()
