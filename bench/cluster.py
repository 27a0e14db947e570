#!/usr/bin/env python3
"""How long tasks stand still when a cluster changes: a rolling restart, a lost worker, a new connector. Prints a table; nothing else
should be at work on the machine.

    bench/cluster.py [--kind sluice|java] [--workers 3] [--connectors 4] [--tasks 3] [--delay MS] [--rounds 2] [--build DIR]

Starts a broker of its own and one cluster. A task's pause is the longest time in which it sent nothing, at 100 records/s. The budget is
2 s for each task over a rolling restart, and no task restarted by a new connector; the exit status is 1 if one is missed.
"""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "services"), str(ROOT / "tests" / "cluster")]
PAUSE_MS_MAX = 2000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["sluice", "java"], default="sluice")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--connectors", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=3)
    parser.add_argument("--delay", type=int, default=0, help="scheduled.rebalance.max.delay.ms (Connect's default is 300000)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--build", help="the build folder (default build/release)")
    given = parser.parse_args()
    if given.build:
        os.environ["SLUICE_BUILD"] = str(pathlib.Path(given.build).resolve())
    from connect import Cluster
    from kafka import Kafka
    from rolling import Flock, now_ms

    with tempfile.TemporaryDirectory(prefix="bench-cluster-") as folder:
        folder = pathlib.Path(folder)
        with Kafka(folder / "kafka") as kafka:
            # Connect's own timing, but for the delay.
            cluster = Cluster(folder / "cluster", kafka.bootstrap, [given.kind] * given.workers, {
                "session.timeout.ms": "10000", "heartbeat.interval.ms": "3000", "scheduled.rebalance.max.delay.ms": str(given.delay)})
            try:
                cluster.start()
                flock = Flock(cluster, given.connectors, given.tasks)
                print(f"{given.workers} {given.kind} workers, {given.connectors} connectors of {given.tasks} tasks, "
                      f"scheduled.rebalance.max.delay.ms={given.delay}", flush=True)
                missed = False
                for _ in range(given.rounds):
                    pauses, restarts = flock.roll()
                    longest = sorted(pauses.values())
                    missed |= longest[-1] > PAUSE_MS_MAX
                    print(f"rolling restart: pause of a task {statistics.median(longest):.0f} ms (median), {longest[-1]} ms (longest; budget "
                          f"{PAUSE_MS_MAX}); restarts of tasks {sum(restarts)} of {len(pauses)}", flush=True)
                added = flock.disturbed_by(flock.add_other)
                missed |= added > 0
                print(f"a new connector: {added} restarts of other tasks (budget 0)", flush=True)
                since = now_ms()
                lost = cluster.workers[-1]
                owned = {(name, task) for name in flock.names for task, owner in cluster.owners(name)[1].items() if owner == lost.worker_id}
                lost.kill()
                time.sleep(10 + 3 + 2 + given.delay / 1000)
                pauses = flock.pauses(since, now_ms())
                moved, others = [pauses[key] for key in owned], [pauses[key] for key in pauses.keys() - owned]
                print(f"kill -9 of a worker: its tasks paused {max(moved)} ms (longest; its session lasts 10000), the others "
                      f"{max(others)} ms", flush=True)
            finally:
                cluster.kill()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
