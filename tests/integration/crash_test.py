#!/usr/bin/env python3
"""kill -9 at random moments loses nothing: a standalone worker follows a growing file, is killed again and again, and in the end every
line is in the topic, in order (lines may come twice: at least once), and the offsets file was readable after every crash.

SLUICE_CRASH_ROUNDS (default 12) says how often, SLUICE_CRASH_SEED repeats a run.
"""
import os
import pathlib
import random
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from kafka import shared_or_own  # noqa: E402
from worker import Worker, wait_until  # noqa: E402

ROUNDS = int(os.environ.get("SLUICE_CRASH_ROUNDS", "12"))
SEED = int(os.environ.get("SLUICE_CRASH_SEED", str(random.randrange(1 << 32))))
JAVA_STREAM_MAGIC = b"\xac\xed\x00\x05"  # the offsets file is a serialized java.util.HashMap


class Appender(threading.Thread):
    """Appends numbered lines of varying length, in pieces that end anywhere in a line, as a real log does."""

    def __init__(self, path, seed):
        super().__init__(daemon=True)
        self.path, self.random, self.done, self.count = path, random.Random(seed), threading.Event(), 0

    def run(self):
        with self.path.open("a") as file:
            while not self.done.is_set():
                text = ""
                for _ in range(self.random.randrange(1, 200)):
                    text += f"{self.count} {'x' * self.random.randrange(120)}\n"
                    self.count += 1
                cut = self.random.randrange(len(text))
                for piece in (text[:cut], text[cut:]):
                    file.write(piece)
                    file.flush()
                    time.sleep(0.005)


def first_occurrences(numbers):
    seen, order = set(), []
    for number in numbers:
        if number not in seen:
            seen.add(number)
            order.append(number)
    return order


class Crash(unittest.TestCase):
    def test_no_line_is_lost(self):
        print(f"SLUICE_CRASH_SEED={SEED}, {ROUNDS} rounds", file=sys.stderr)
        chance = random.Random(SEED)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        folder = pathlib.Path(folder.name)
        broker = shared_or_own(type(self), folder / "kafka")
        topic = f"crash-{uuid.uuid4().hex[:8]}"
        source = folder / "growing.txt"
        source.touch()
        connector = folder / "source.properties"
        connector.write_text(f"name=growing\nconnector.class=FileStreamSource\ntasks.max=1\nfile={source}\ntopic={topic}\n")
        worker = Worker(folder / "worker", {"bootstrap.servers": broker.bootstrap, "offset.flush.interval.ms": "50"}, [connector])
        self.addCleanup(worker.kill)
        offsets = folder / "worker" / "offsets"

        appender = Appender(source, SEED)
        appender.start()
        for _ in range(ROUNDS):
            worker.start(tied=True)  # fails if the offsets file of the last crash cannot be read
            time.sleep(chance.uniform(0, 2.5))
            worker.kill()
            if offsets.exists():
                self.assertEqual(offsets.read_bytes()[:4], JAVA_STREAM_MAGIC)
        appender.done.set()
        appender.join()

        worker.start(tied=True)
        worker.wait_running("growing")
        end = f"{appender.count} the end\n"
        with source.open("a") as file:
            file.write(end)
        wait_until(lambda: broker.last(topic) == end.strip(), 60, lambda: f"the last line did not arrive; {worker.log_tail()}")
        worker.stop()

        got = broker.consume_all(topic)
        want = source.read_text().splitlines()
        self.assertEqual(first_occurrences(line.split(" ")[0] for line in got), [line.split(" ")[0] for line in want])
        self.assertLessEqual(set(got), set(want), "a line arrived that was never written (torn or joined)")
        print(f"{len(want)} lines, {len(got) - len(want)} of them twice", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
