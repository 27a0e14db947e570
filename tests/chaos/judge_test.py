#!/usr/bin/env python3
"""The judge of the chaos runs finds what it is there to find: each kind of wrong, in a small history made by hand."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from judge import Fault, judge  # noqa: E402
from verifiable import Life, lives  # noqa: E402


def source(first, last, at_ms, worker="w0", process=1, acknowledged=True, step_ms=10, stopping=False):
    life = Life(worker, process, "vs", 0, at_ms, resumed=first)
    life.polled = [(at_ms + (n - first) * step_ms, n) for n in range(first, last + 1)]
    life.acknowledged = list(life.polled) if acknowledged else []
    life.stopping_ms = life.polled[-1][0] + 1 if stopping else 0
    return life


def topic(*numbers):
    return [(0, offset, 0, seqno) for offset, seqno in enumerate(numbers)]


def sink(records, at_ms=1000, worker="w1"):
    life = Life(worker, 1, "vk", 0, at_ms)
    life.received = [(at_ms + offset, task, seqno, offset) for _, offset, task, seqno in records]
    return life


class JudgeTest(unittest.TestCase):
    def judge(self, sources, records, faults=(), sinks=None):
        return judge([*sources, *([sink(records)] if sinks is None else sinks)], records, list(faults))

    def good(self, *arguments, **named):
        verdict = self.judge(*arguments, **named)
        self.assertEqual(verdict.violations, [])
        return verdict

    def bad(self, text, *arguments, **named):
        violations = self.judge(*arguments, **named).violations
        self.assertTrue(any(text in violation for violation in violations), f"'{text}' is not in {violations}")

    def test_a_clean_history(self):
        self.good([source(0, 9, 1000)], topic(*range(10)))
        verdict = self.good([source(0, 4, 1000, stopping=True), source(5, 9, 2000, "w1")], topic(*range(10)))
        self.assertEqual(verdict.lives, 3)

    def test_lost(self):
        self.bad("acknowledged records are not in the topic", [source(0, 9, 1000)], topic(*range(9)))
        self.bad("missing in the topic", [source(0, 3, 1000), source(5, 9, 2000)], topic(0, 1, 2, 3, 5, 6, 7, 8, 9))
        records = topic(*range(10))
        self.bad("never reached the sink", [source(0, 9, 1000)], records, sinks=[sink(records[:-1])])
        self.bad("as others than were sent", [source(0, 9, 1000)], records, sinks=[sink(topic(*range(9), 7))])
        self.bad("does not hold", [source(0, 9, 1000)], records, sinks=[sink(topic(*range(11)))])

    def test_order_in_the_topic(self):
        self.bad("is in the topic before", [source(0, 3, 1000)], topic(0, 2, 1, 3))
        self.bad("no life of the task began there", [source(0, 3, 1000)], topic(0, 1, 1, 2, 3))
        # A repeated request, after the wire failed.
        wire = Fault("cut", "w0", 900, 950)
        self.assertEqual(self.good([source(0, 3, 1000)], topic(0, 1, 2, 1, 2, 3), [wire]).doubled_in_topic, 2)
        # A life that began again at an earlier number; the rest of its predecessor arrives in between.
        self.good([source(0, 4, 1000, acknowledged=False), source(2, 5, 9000)], topic(0, 1, 2, 2, 3, 3, 4, 4, 5), [Fault("pause", "w0", 1045, 8900)])

    def test_repeated_request_of_a_fenced_life(self):
        # The first life's request arrives twice, the second time behind its successor's first records.
        lives_of_it = [source(0, 3, 1000, acknowledged=False), source(1, 6, 9000, "w1")]
        self.good(lives_of_it, topic(0, 1, 2, 1, 2, 3, 4, 1, 2, 5, 3, 6), [Fault("stall", "w0", 1015, 8900)])
        self.bad("is in the topic before", lives_of_it, topic(0, 1, 2, 1, 2, 3, 4, 1, 2, 6, 5), [Fault("stall", "w0", 1015, 8900)])

    def test_hand_over(self):
        lives_of_it = [source(0, 4, 1000, stopping=True), source(3, 6, 2000)]
        self.bad("stopped in quiet", lives_of_it, topic(0, 1, 2, 3, 4, 3, 4, 5, 6))
        self.good(lives_of_it, topic(0, 1, 2, 3, 4, 3, 4, 5, 6), [Fault("cut", "w0", 900, 1900)])

    def test_sink_order(self):
        records = topic(0, 1, 2)
        again = sink(records)
        again.received = again.received + [(2000, 0, 1, 1)]
        self.bad("nothing had failed", [source(0, 2, 1000)], records, sinks=[again])
        self.assertEqual(self.good([source(0, 2, 1000)], records, [Fault("kill", "w0", 900, 950)], sinks=[again]).doubled_in_sink, 1)

    def twice(self, begun_ms):
        """w0 sends 0..9 until 20000; w1 begins at 5 at `begun_ms`."""
        early = source(0, 9, 10000, "w0", acknowledged=False)
        early.polled = early.polled[:5] + [(20000 + n, n) for n in range(5, 10)]
        return [early, source(5, 9, begun_ms, "w1")], topic(0, 1, 2, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9)

    def test_twice_at_once(self):
        lives_of_it, records = self.twice(19000)
        for faults in ([], [Fault("kill", "w0", 10500, 11000)], [Fault("pause", "w1", 10500, 19990)], [Fault("pause", "w0", 19500, 19990)],
                       [Fault("pause", "w0", 10500, 16000)], [Fault("delay", "w0", 10500, 19990)], [Fault("stall", "w0", 10000, 30000)]):
            self.bad("which no fault excuses", lives_of_it, records, faults)
        for fault, overlap_ms in ((Fault("pause", "w0", 10500, 19990), 19), (Fault("pause", "w0", 10500, 17500), 1009),
                                  (Fault("stall", "w0", 12500, 30000), 509), (Fault("kill", "broker", 12000, 30000), 1009)):
            self.assertEqual(self.good(lives_of_it, records, [fault]).overlap_ms, overlap_ms)

    def test_twice_in_one_process(self):
        life = source(0, 5, 1000)
        life.polled.insert(3, (1025, 1))
        self.bad("two of it in one process", [life], topic(*range(6)))

    def test_reading_a_log(self):
        log = """[2026-01-02 03:04:05,006] INFO Kafka Connect worker initializing ... (x)
[2026-01-02 03:04:06,000] INFO [vs|task-1] Creating task vs-1 (org.apache.kafka.connect.runtime.Worker:676)
[2026-01-02 03:04:06,100] INFO [vs|task-1] Started VerifiableSourceTask vs-1 producing to topic t resuming from seqno 7 (x)
{"name":"vs","task":1,"topic":"t","time_ms":1,"seqno":7}
{"name":"vs","task":1,"topic":"t","time_ms":2,"seqno":7,"committed":true}
[2026-01-02 03:04:07,000] INFO Creating task vk-0 (org.apache.kafka.connect.runtime.Worker)
{"name":"vk","task":1,"sinkTask":0,"topic":"t","time_ms":3,"seqno":7,"offset":4}
{"name":"vk","task":1,"sinkTask":0,"topic":"t","time_ms":4,"seqno":7,"offset":4,"flushed":true}
[2026-01-02 03:04:08,000] INFO Stopping task vs-1 (org.apache.kafka.connect.runtime.Worker)
{"name":"vs","task":1,"topic":"t","time_ms":5,"se"""
        one, two = lives("w0", log)
        self.assertEqual((one.task, one.resumed, one.polled, one.acknowledged), (1, 7, [(1, 7)], [(2, 7)]))
        self.assertEqual((one.stopping_ms - one.created_ms, two.received, two.flushed), (2000, [(3, 1, 7, 4)], [(4, 1, 7, 4)]))


if __name__ == "__main__":
    unittest.main()
