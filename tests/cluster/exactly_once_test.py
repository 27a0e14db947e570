#!/usr/bin/env python3
"""Source tasks that deliver exactly once: workers are killed, stopped and frozen at random from a printed seed while verifiable tasks write
numbers; a read_committed consumer must find each number of each task once and in order, whatever the boundary of the transactions.

    SLUICE_EXACTLY_ONCE_RUNS=100 SLUICE_EXACTLY_ONCE_SEED=1 tests/cluster/exactly_once_test.py     the long form: seeds 1 to 100
"""
import os
import random
import time
import unittest
import uuid

from cluster_case import OURS, ClusterCase
from kafka import Kafka
from worker import wait_until

RUNS = int(os.environ.get("SLUICE_EXACTLY_ONCE_RUNS", "2"))
SEED = int(os.environ.get("SLUICE_EXACTLY_ONCE_SEED") or time.time_ns() % 1_000_000)
TASKS, PARTITIONS, DISTURBED_S = 3, 2, 12
JSON = "org.apache.kafka.connect.json.JsonConverter"


def committed_numbers(kafka, topic, count):
    """The first `count` records that a consumer of committed records finds: task -> numbers, in order (a task writes to one partition)."""
    found = {}
    for line in kafka.consume(topic, count, "--isolation-level", "read_committed", "--formatter-property", "print.key=true",
                              "--formatter-property", "key.separator=:", timeout_ms=40000):
        key, value = line.split(":")
        found.setdefault(int(key), []).append(int(value))
    return found


SETTINGS = {"exactly.once.source.support": "enabled", "key.converter": JSON, "value.converter": JSON, "key.converter.schemas.enable": "false",
            "value.converter.schemas.enable": "false"}


class OwnBoundaries(ClusterCase):
    """transaction.boundary=connector, on one worker."""

    def run_script(self, **script):
        from connect import Cluster
        cluster = Cluster(self.folder / f"own-{uuid.uuid4().hex[:6]}", self.kafka.bootstrap, [OURS], SETTINGS)
        self.addCleanup(cluster.kill)
        cluster.start()
        topic = f"own-{uuid.uuid4().hex[:8]}"
        self.kafka.create_topic(topic)
        cluster.create(topic, {"connector.class": "ScriptedSource", "tasks.max": "1", "topic": topic, "count": "12", "batch": "12",
                               "transaction.boundary": "connector", **{key.replace("_", "."): str(value) for key, value in script.items()}})
        return cluster, topic

    def committed(self, topic, count):
        return [int(line.strip('"')) for line in self.kafka.consume(topic, count, "--isolation-level", "read_committed", timeout_ms=20000)]

    def offset(self, cluster, topic):
        offsets = cluster.call("GET", f"/connectors/{topic}/offsets")["offsets"]
        return offsets[0]["offset"]["n"] if offsets else None

    def test_aborted_records_are_dropped_and_their_offsets_kept(self):
        cluster, topic = self.run_script(commit_at=3, abort_at=7)
        self.assertEqual(self.committed(topic, 8), [0, 1, 2, 3, 8, 9, 10, 11])
        wait_until(lambda: self.offset(cluster, topic) == 12, 20, lambda: f"the offset is {self.offset(cluster, topic)}")

    def test_a_transaction_cannot_be_committed_and_aborted(self):
        cluster, topic = self.run_script(commit_at=3, abort_at=3)
        status = cluster.wait_state(topic, "RUNNING", task_state="FAILED")
        self.assertIn("Connector requested both commit and abort of same record against topic", status["tasks"][0]["trace"])
        self.assertIsNone(self.offset(cluster, topic))

    def test_its_own_offsets_topic_is_refused(self):
        cluster, topic = self.run_script()
        cluster.create(f"{topic}-2", {"connector.class": "ScriptedSource", "tasks.max": "1", "topic": cluster.properties["offset.storage.topic"]})
        status = cluster.wait_state(f"{topic}-2", "RUNNING", task_state="FAILED")
        self.assertIn("Source tasks may not produce to their own offsets topics when exactly-once support is enabled",
                      status["tasks"][0]["trace"])


class ExactlyOnce(ClusterCase):
    def make(self, seed):
        # A broker of its own: it is killed too.
        kafka = Kafka(self.folder / f"kafka-{seed}", {"transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1"})
        kafka.start(tied=True)
        self.addCleanup(kafka.remove)
        return kafka, self.cluster_on(kafka, seed)

    def cluster_on(self, kafka, seed):
        from connect import Cluster
        cluster = Cluster(self.folder / f"cluster-{seed}", kafka.bootstrap, [OURS] * 3, {
            **SETTINGS, "session.timeout.ms": "6000", "heartbeat.interval.ms": "1000", "scheduled.rebalance.max.delay.ms": "1000",
            "task.shutdown.graceful.timeout.ms": "3000"})
        self.addCleanup(cluster.kill)
        return cluster.start()

    def source(self, name, topic, boundary):
        config = {"connector.class": "VerifiableSource", "tasks.max": str(TASKS), "topic": topic, "throughput": "150",
                  "transaction.boundary": boundary, "producer.override.transaction.timeout.ms": "10000"}
        if boundary == "interval":
            config["transaction.boundary.interval.ms"] = "700"
        return config

    def disturb(self, kafka, cluster, random_):
        ends = time.monotonic() + DISTURBED_S
        steps = []
        while time.monotonic() < ends:
            time.sleep(random_.uniform(0.3, 2.5))
            worker = random_.choice(cluster.workers)
            what = random_.choice(["kill", "kill", "freeze", "stop", "restart-tasks", "broker"])
            steps.append(f"{what} {worker.name}")
            if what in ("kill", "stop"):
                getattr(worker, what)()
                time.sleep(random_.uniform(0, 1.5))
                worker.start(tied=True)
            elif what == "freeze":
                worker.pause()
                time.sleep(random_.uniform(0.1, 8))
                worker.resume()
            elif what == "broker":
                kafka.kill()
                time.sleep(random_.uniform(0, 1))
                kafka.start(tied=True)
            else:
                try:
                    cluster.call("POST", f"/connectors/{self.name}/restart?includeTasks=true", busy=())
                except Exception:  # refused in the middle of a rebalance, or nobody is there: that is what happens to users
                    pass
        return steps

    def one_run(self, seed):
        random_ = random.Random(seed)
        boundary = random_.choice(["poll", "interval"])
        kafka, cluster = self.make(seed)
        topic = f"numbers-{seed}-{uuid.uuid4().hex[:6]}"
        self.name = f"{topic}-source"
        kafka.create_topic(topic, partitions=PARTITIONS)
        cluster.create(self.name, self.source(self.name, topic, boundary))
        cluster.wait_running(self.name, tasks=TASKS)
        steps = self.disturb(kafka, cluster, random_)
        # A fenced task says so and stays FAILED, as in Connect: its successor runs on another worker, or it is restarted.
        wait_until(lambda: self.all_run(cluster), 90, lambda: f"not all tasks run again after {steps}: {cluster.alive()[0].status(self.name)}")
        time.sleep(2)
        cluster.verb(self.name, "stop")
        cluster.wait_state(self.name, "STOPPED", tasks=0, seconds=30)
        offsets = cluster.call("GET", f"/connectors/{self.name}/offsets")["offsets"]
        stored = {entry["partition"]["id"]: entry["offset"]["seqno"] for entry in offsets}
        self.assertEqual(sorted(stored), list(range(TASKS)), steps)
        # As many as the offsets say: one that is doubled takes the place of another.
        found = committed_numbers(kafka, topic, sum(stored.values()) + TASKS)
        for task, last in stored.items():
            self.assertEqual(found.get(task, []), list(range(last + 1)), f"task {task}, boundary {boundary}, after {steps}")
        print(f"seed {seed}: boundary {boundary}, {sum(map(len, found.values()))} records, {steps}", flush=True)

    def all_run(self, cluster):
        status = cluster.alive()[0].status(self.name)
        tasks = (status or {}).get("tasks", [])
        for task in tasks:
            if task["state"] == "FAILED":
                try:
                    cluster.call("POST", f"/connectors/{self.name}/tasks/{task['id']}/restart")
                except Exception:  # asked again in a moment
                    pass
        return len(tasks) == TASKS and all(task["state"] == "RUNNING" for task in tasks)

    def test_seeds(self):
        print(f"seeds {SEED} to {SEED + RUNS - 1}", flush=True)
        for seed in range(SEED, SEED + RUNS):
            with self.subTest(seed=seed):
                self.one_run(seed)
                self.doCleanups()


if __name__ == "__main__":
    unittest.main()
