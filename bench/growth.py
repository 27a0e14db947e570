#!/usr/bin/env python3
"""How costs grow: CPU of a record with the partitions of its topic, with the number of connectors that share the same work, and memory, threads and
CPU of idle connectors. A real broker of its own; nothing else should be at work on the machine.

    bench/growth.py [--build DIR] [--rounds 3] [--records 1000000] [--connectors 1,10,100,1000] [--partitions 1,4,16,64] [--only partitions,busy,idle]
"""
import argparse
import concurrent.futures
import os
import pathlib
import statistics
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "services"), str(ROOT / "bench" / "side_by_side")]
RATE = 20_000  # records/s of all connectors together, where their number is what changes
BUSY_SECONDS = 20
IDLE_SECONDS = 10
BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"


def numbers(text):
    return [int(item) for item in text.split(",")]


class Bench:
    def __init__(self, kafka, folder):
        from machine import cpu_seconds, status_number
        self.kafka, self.folder, self.cpu_seconds, self.status_number = kafka, pathlib.Path(folder), cpu_seconds, status_number

    def worker(self):
        from worker import Worker
        return Worker(self.folder / uuid.uuid4().hex[:8], {"bootstrap.servers": self.kafka.bootstrap, "key.converter": BYTES, "value.converter": BYTES,
                                                           "offset.flush.interval.ms": "5000"})

    def written(self, worker):
        lines = worker.request("GET", "/metrics", timeout=60)[1].splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("kafka_connect_source_task_metrics_source_record_write_total{"))

    def create(self, worker, count, config):
        def one(number):
            worker.create(f"c{number}", {"connector.class": "GeneratorSource", "tasks.max": "1", **config})
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(one, range(count)))

    def one_source(self, partitions, records):
        """CPU-seconds of a worker per million records of one source as fast as it can."""
        from worker import wait_until
        topic = f"growth-{uuid.uuid4().hex[:8]}"
        self.kafka.create_topic(topic, partitions)
        with self.worker() as worker:
            before = self.cpu_seconds(worker.pid())
            self.create(worker, 1, {"topic": topic, "generator.count": str(records)})
            wait_until(lambda: self.written(worker) >= records, 300)
            return (self.cpu_seconds(worker.pid()) - before) * 1e6 / records

    def sharing(self, connectors):
        """CPU-seconds of a worker per million records of so many sources that send RATE records/s together."""
        with self.worker() as worker:
            self.create(worker, connectors, {"topic": f"growth-{connectors}", "generator.rate": str(RATE / connectors)})
            time.sleep(5)
            pid, records = worker.pid(), self.written(worker)
            before = self.cpu_seconds(pid)
            time.sleep(BUSY_SECONDS)
            done = self.written(worker) - records
            return (self.cpu_seconds(pid) - before) * 1e6 / done, done / BUSY_SECONDS

    def idle(self, connectors):
        """Resident MB, threads, and percent of a core of a worker with so many idle sources."""
        with self.worker() as worker:
            self.create(worker, connectors, {"topic": "growth-idle", "generator.count": "0"})
            time.sleep(5)
            pid = worker.pid()
            before = self.cpu_seconds(pid)
            time.sleep(IDLE_SECONDS)
            used = (self.cpu_seconds(pid) - before) / IDLE_SECONDS
            return self.status_number(pid, "VmRSS") / 1024, self.status_number(pid, "Threads"), used * 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="the build folder (default build/release)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--connectors", type=numbers, default=[1, 10, 100, 1000])
    parser.add_argument("--partitions", type=numbers, default=[1, 4, 16, 64])
    parser.add_argument("--only", default="partitions,busy,idle")
    given = parser.parse_args()
    if given.build:
        os.environ["SLUICE_BUILD"] = str(pathlib.Path(given.build).resolve())
    from kafka import Kafka

    parts = given.only.split(",")
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as folder:
        with Kafka(pathlib.Path(folder) / "kafka", heap="1g") as kafka:
            bench = Bench(kafka, folder)
            if "partitions" in parts:
                runs = {count: [] for count in given.partitions}
                for _ in range(given.rounds):
                    for count in given.partitions:
                        runs[count].append(bench.one_source(count, given.records))
                print("| partitions | CPU-s per million records of 100 B (range) |\n|---:|---:|")
                for count, figures in runs.items():
                    print(f"| {count} | {statistics.median(figures):.2f} ({min(figures):.2f}-{max(figures):.2f}) |", flush=True)
            if "busy" in parts:
                print(f"\n| connectors, {RATE} records/s together | CPU-s per million records | records/s reached |\n|---:|---:|---:|")
                for count in given.connectors:
                    cost, reached = bench.sharing(count)
                    print(f"| {count} | {cost:.2f} | {reached:.0f} |", flush=True)
            if "idle" in parts:
                print("\n| idle sources | resident, MB | threads | % of a core |\n|---:|---:|---:|---:|")
                for count in given.connectors:
                    memory, threads, used = bench.idle(count)
                    print(f"| {count} | {memory:.1f} | {threads} | {used:.1f} |", flush=True)


if __name__ == "__main__":
    main()
