#!/usr/bin/env python3
"""What sluice.isolation=process costs: CPU seconds per million records and records per second of a whole worker (with the plugin's process),
beside the same connector inside the worker. Each round runs inside, process, inside; "A/A" is the second inside over the first. Standard
library only; needs a broker (--bootstrap)."""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "services"))
from worker import Worker, wait_until  # noqa: E402

BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
JSON = "org.apache.kafka.connect.json.JsonConverter"


def cpu_seconds(pid):
    """Of a worker and the plugin processes that it has now."""
    ticks = 0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry.name) == pid or int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def metric(worker, name, connector):
    for line in worker.get("/metrics").splitlines():
        if line.startswith(name) and f'connector="{connector}"' in line:
            return float(line.split()[-1])
    return 0.0


def run(bootstrap, config, converter, count, counter, mode):
    """(CPU seconds per million records, records per second)"""
    with tempfile.TemporaryDirectory() as folder:
        with Worker(pathlib.Path(folder) / "worker", {
                "bootstrap.servers": bootstrap, "key.converter": converter, "value.converter": converter,
                "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false"}) as worker:
            pid = worker.pid()
            name = f"bench-{uuid.uuid4().hex[:8]}"
            before, began = cpu_seconds(pid), time.monotonic()
            worker.create(name, {**config, "tasks.max": "1", "sluice.isolation": mode, "consumer.override.auto.offset.reset": "earliest"})
            wait_until(lambda: metric(worker, counter, name) >= count, 300)
            return (cpu_seconds(pid) - before) * 1e6 / count, count / (time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=1_000_000)
    args = parser.parse_args()
    written = "kafka_connect_source_task_metrics_source_record_write_total"
    put = "kafka_connect_sink_task_metrics_sink_record_send_total"
    for shape, converter, count in (("bytes", BYTES, args.count), ("envelope", JSON, args.count // 3)):
        topic = f"isolation-{shape}-{uuid.uuid4().hex[:8]}"
        source = {"connector.class": "GeneratorSource", "topic": topic, "generator.count": str(count), "generator.shape": shape}
        sink = {"connector.class": "BlackholeSink", "topics": topic}
        for flow, config, counter in (("source", source, written), ("sink", sink, put)):
            inside, process, again = [], [], []
            for _ in range(args.rounds):
                for runs, mode in ((inside, "none"), (process, "process"), (again, "none")):
                    runs.append(run(args.bootstrap, config, converter, count, counter, mode))

            def ratio(over, figure):
                return statistics.median(a[figure] / ((b[figure] + c[figure]) / 2) for a, b, c in zip(over, inside, again))

            noise = [statistics.median(a[f] / b[f] for a, b in zip(again, inside)) for f in (0, 1)]
            print("%-6s %-8s CPU-s per million: inside %.2f, process %.2f, %.2fx (A/A %.2fx); records/s: %.0f, %.0f, %.2fx (A/A %.2fx)" % (
                flow, shape, statistics.median(r[0] for r in inside + again), statistics.median(r[0] for r in process), ratio(process, 0), noise[0],
                statistics.median(r[1] for r in inside + again), statistics.median(r[1] for r in process), ratio(process, 1), noise[1]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
