#!/usr/bin/env python3
"""kill -9 on a standalone worker, again and again, while its input file grows: no line is lost, the offsets file is whole every time.

SLUICE_KILL_ROUNDS sets the number of rounds (default 8)."""
import os
import pathlib
import random
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from broker_case import BrokerCase  # noqa: E402
from worker import Worker, wait_until  # noqa: E402

ROUNDS = int(os.environ.get("SLUICE_KILL_ROUNDS", "8"))
SEED = int(os.environ.get("SLUICE_KILL_SEED", str(int(time.time()))))


class Growing(threading.Thread):
    """Appends numbered lines until told to stop; `count` lines are complete in the file."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.count, self.stopping = path, 0, False

    def run(self):
        with self.path.open("a") as out:
            while not self.stopping:
                for _ in range(200):
                    out.write(f"line-{self.count:08d}\n")
                    self.count += 1
                out.flush()
                time.sleep(0.01)


class KillNine(BrokerCase):
    def test_no_line_is_lost(self):
        print(f"{ROUNDS} rounds, SLUICE_KILL_SEED={SEED}")
        chance = random.Random(SEED)
        topic = f"kill-{SEED}-{os.getpid()}"
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            text = folder / "in.txt"
            text.touch()
            connector = folder / "source.properties"
            connector.write_text(f"name=lines\nconnector.class=FileStreamSource\ntasks.max=1\nfile={text}\ntopic={topic}\n")
            worker = Worker(folder / "worker", {"bootstrap.servers": self.kafka.bootstrap, "offset.flush.interval.ms": "20"}, [connector])
            self.addCleanup(worker.kill)
            writer = Growing(text)
            writer.start()
            for _ in range(ROUNDS):
                worker.start()  # fails if the offsets file is damaged
                time.sleep(chance.uniform(0.05, 1.6))
                worker.kill()
            writer.stopping = True
            writer.join()
            worker.start()
            size = text.stat().st_size

            def caught_up():
                offsets = worker.get("/connectors/lines/offsets")["offsets"]
                return bool(offsets) and offsets[0]["offset"]["position"] == size

            wait_until(caught_up, 120, worker.log_tail)
            worker.stop()
            records = self.kafka.consume_all(topic)
            seen = set(records)
            lost = [n for n in range(writer.count) if f"line-{n:08d}" not in seen]
            self.assertEqual(lost, [], f"{len(lost)} of {writer.count} lines are lost")
            print(f"{writer.count} lines, none lost; {len(records) - writer.count} sent again")


if __name__ == "__main__":
    unittest.main()
