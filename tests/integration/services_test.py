#!/usr/bin/env python3
"""The servers that the other tests lean on do what they say: start, pause, crash, come back with their data, and leave nothing behind."""
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from kafka import Kafka, metadata_brokers  # noqa: E402
from service import start_ticks  # noqa: E402


class KafkaService(unittest.TestCase):
    def test_life_of_a_broker(self):
        with tempfile.TemporaryDirectory() as folder:
            kafka = Kafka(folder, {"num.partitions": "2"})
            self.addCleanup(kafka.kill)
            kafka.start(tied=True)
            host, port = kafka.bootstrap.split(":")
            kafka.produce("lines", ["one", "two", "three"])
            self.assertEqual(sorted(kafka.consume("lines", 3)), ["one", "three", "two"])

            kafka.pause()
            self.assertIsNone(metadata_brokers(host, int(port), timeout=0.5))
            kafka.resume()
            self.assertEqual(metadata_brokers(host, int(port), timeout=10), 1)

            pid = kafka.pid()
            kafka.kill()
            self.assertIsNone(start_ticks(pid))
            self.assertIsNone(metadata_brokers(host, int(port), timeout=0.5))
            kafka.start(tied=True)
            self.assertEqual(kafka.bootstrap, f"{host}:{port}")
            self.assertEqual(sorted(kafka.consume("lines", 3)), ["one", "three", "two"])

            # Another process knows it by its folder alone.
            self.assertEqual(os.waitstatus_to_exitcode(os.system(f"bash {pathlib.Path(__file__).parents[1]}/services/kafka.sh stop {folder}")), 0)
            self.assertIsNone(kafka.pid())


if __name__ == "__main__":
    unittest.main()
