#!/usr/bin/env python3
"""Limits of speed with a real broker: they hold for sources and sinks, and a PATCH changes them while the tasks run, on a worker by itself and on
one of a group."""
import pathlib
import re
import sys
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from broker_case import BrokerCase  # noqa: E402
from connect import Cluster  # noqa: E402
from worker import Worker, wait_until  # noqa: E402

WRITTEN, READ = "source_task_metrics_source_record_write_total", "sink_task_metrics_sink_record_read_total"
STARTED = re.compile(r"Creating (task|connector) ")


class Limits(BrokerCase):
    def total(self, worker, metric):
        text = worker.request("GET", "/metrics")[1]
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(f"kafka_connect_{metric}{{"))

    def rate(self, worker, metric, seconds):
        """Records a second over at least so many seconds. Acknowledgements come in batches: a long look evens them out."""
        first, began = self.total(worker, metric), time.monotonic()
        time.sleep(seconds)
        return (self.total(worker, metric) - first) / (time.monotonic() - began)

    def follow(self, worker):
        """The same on every kind of worker: limits as configured, then others, then none; nothing is started again."""
        topic = f"limits-{uuid.uuid4().hex[:8]}"
        self.kafka.create_topic(topic)
        source = {"connector.class": "GeneratorSource", "tasks.max": "2", "topic": topic, "generator.count": "100000000", "generator.size": "100",
                  "generator.shape": "bytes", "sluice.rate.records.per.second": "2000",
                  "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"}
        sink = {"connector.class": "BlackholeSink", "tasks.max": "1", "topics": topic, "sluice.rate.bytes.per.second": "50000",
                "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"}
        worker.create("limited", source)
        worker.create("slow", sink)
        wait_until(lambda: self.total(worker, WRITTEN) > 1000 and self.total(worker, READ) > 100, 60)
        self.assertAlmostEqual(self.rate(worker, WRITTEN, 6), 2000, delta=200)
        self.assertAlmostEqual(self.rate(worker, READ, 6), 500, delta=75)
        starts = len(STARTED.findall(worker.log_path.read_text()))
        self.assertEqual(starts, 5)

        status, body = worker.request("PATCH", "/connectors/limited/config", {"sluice.rate.records.per.second": "6000"})
        self.assertEqual((status, body["config"]["sluice.rate.records.per.second"]), (200, "6000"))
        self.assertEqual(worker.request("PATCH", "/connectors/slow/config", {"sluice.rate.bytes.per.second": "200000"})[0], 200)
        time.sleep(1)
        self.assertAlmostEqual(self.rate(worker, WRITTEN, 6), 6000, delta=600)
        self.assertAlmostEqual(self.rate(worker, READ, 6), 2000, delta=300)
        self.assertEqual(worker.request("PATCH", "/connectors/limited/config", {"sluice.rate.records.per.second": None})[0], 200)
        wait_until(lambda: self.rate(worker, WRITTEN, 1) > 12000, 20)
        self.assertEqual(len(STARTED.findall(worker.log_path.read_text())), starts)
        for name in ("limited", "slow"):
            states = worker.get(f"/connectors/{name}/status")
            self.assertEqual({state["state"] for state in [states["connector"], *states["tasks"]]}, {"RUNNING"})

        self.assertEqual(worker.request("PATCH", "/connectors/slow/config", {"sluice.rate.bytes.per.second": "fast"})[0], 400)
        # Anything else is a new start.
        self.assertEqual(worker.request("PATCH", "/connectors/slow/config", {"errors.log.enable": "true"})[0], 200)
        wait_until(lambda: len(STARTED.findall(worker.log_path.read_text())) == starts + 2, 20)
        for name in ("limited", "slow"):
            worker.delete(name)

    def test_a_worker_by_itself(self):
        with Worker(self.folder / "standalone", {"bootstrap.servers": self.kafka.bootstrap}) as worker:
            self.follow(worker)

    def test_a_worker_of_a_group(self):
        with Cluster(self.folder / "group", self.kafka.bootstrap, ["sluice"]) as cluster:
            self.follow(cluster[0])


if __name__ == "__main__":
    unittest.main()
