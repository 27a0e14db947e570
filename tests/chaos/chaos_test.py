#!/usr/bin/env python3
"""Three workers, a real broker, and everything that can go wrong between them, at random times from a printed seed.

A verifiable source of three tasks writes to a topic of two partitions that a verifiable sink of two tasks reads. Workers and the broker
are killed, stopped and continued; connections between them are reset, stalled and delayed (plan.py). Then all faults end, everything must
run again by itself, and the judge (judge.py) counts at the destination.

    SLUICE_CHAOS_RUNS=200 SLUICE_CHAOS_SEED=1 tests/chaos/chaos_test.py      the long form: seeds 1 to 200, about 40 s each
    SLUICE_CHAOS_RUNS=1 SLUICE_CHAOS_SEED=17 tests/chaos/chaos_test.py       that run again; its logs are kept if it fails,
                                                                             or with SLUICE_CHAOS_KEEP=1
    SLUICE_CHAOS_KINDS=sluice,java,sluice tests/chaos/chaos_test.py          a mixed group
"""
import heapq
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from connect import Cluster, our_kind  # noqa: E402
from judge import Fault, Limits, judge  # noqa: E402
from kafka import Kafka  # noqa: E402
from plan import RUN_S, WORKERS, plan  # noqa: E402
from proxy import Wires  # noqa: E402
from service import ServiceError  # noqa: E402
from verifiable import all_lives  # noqa: E402
from worker import RestError, wait_until  # noqa: E402

KINDS = (os.environ.get("SLUICE_CHAOS_KINDS") or ",".join([our_kind()] * len(WORKERS))).split(",")
KEEP = bool(os.environ.get("SLUICE_CHAOS_KEEP"))
RUNS = int(os.environ.get("SLUICE_CHAOS_RUNS", "2"))
SEED = int(os.environ.get("SLUICE_CHAOS_SEED") or time.time_ns() % 1_000_000)
LIMITS = Limits(session_ms=6000, heartbeat_ms=1000)
SOURCE_TASKS, SINK_TASKS, PARTITIONS = 3, 2, 2


def now_ms():
    return time.time_ns() // 1_000_000


class Violation(Exception):
    """Something that must not happen was seen before the judge was asked."""


class Run:
    """One plan carried out on a fresh cluster; the broker and the wires are lent."""

    def __init__(self, seed, folder, kafka, wires):
        self.seed, self.folder, self.kafka, self.wires = seed, folder, kafka, wires
        self.steps = plan(seed)
        self.faults, self.notes, self._commands = [], [], []
        # Names of their own: sinks of one name share a consumer group, from one run to the next.
        self.topic = f"chaos-{seed}-{os.getpid()}"
        self.source, self.sink = f"{self.topic}-source", f"{self.topic}-sink"
        self.cluster = Cluster(folder, kafka.bootstrap, KINDS, {
            "session.timeout.ms": str(LIMITS.session_ms), "heartbeat.interval.ms": str(LIMITS.heartbeat_ms),
            "scheduled.rebalance.max.delay.ms": "2000", "offset.flush.interval.ms": "500", "task.shutdown.graceful.timeout.ms": "3000",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter", "key.converter.schemas.enable": "false",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false",
        }, bootstraps=[f"127.0.0.1:{wire.port}" for wire in wires])
        self.workers = dict(zip(WORKERS, self.cluster.workers))
        self.wire = dict(zip(WORKERS, wires))

    def carry_out(self):
        """The verdict; raises Violation or ServiceError if the cluster does not come back."""
        self.kafka.create_topic(self.topic, partitions=PARTITIONS)
        self.cluster.start()
        self.cluster.create(self.source, self.source_config(100))
        self.cluster.create(self.sink, {"connector.class": "VerifiableSink", "tasks.max": str(SINK_TASKS), "topics": self.topic})
        self.cluster.wait_running(self.source, SOURCE_TASKS)
        self.cluster.wait_running(self.sink, SINK_TASKS)
        self.disturb()
        self.heal()
        self.drain()
        return judge(all_lives(self.cluster.workers), self.records(), self.faults, LIMITS, self.source, self.sink)

    def source_config(self, throughput):
        return {"connector.class": "VerifiableSource", "tasks.max": str(SOURCE_TASKS), "topic": self.topic, "throughput": str(throughput)}

    # The plan.
    def disturb(self):
        begun = time.monotonic()
        agenda, counter = [], 0

        def add(at_s, action):
            nonlocal counter
            counter += 1
            heapq.heappush(agenda, (at_s, counter, action))

        for step in self.steps:
            add(step.at_s, lambda s=step: self.begin(s, add))
        add(RUN_S, lambda: None)
        while agenda:
            at_s, _, action = heapq.heappop(agenda)
            time.sleep(max(0.0, begun + at_s - time.monotonic()))
            action()

    def begin(self, step, add):
        if not step.seconds:
            thread = threading.Thread(target=self.command, args=(step,), daemon=True)
            self._commands.append(thread)
            thread.start()
            return
        fault = Fault(step.kind, step.target, now_ms(), now_ms() + 3_600_000)
        self.faults.append(fault)
        (self.begin_broker if step.target == "broker" else self.begin_worker)(step, add)

        def end():
            (self.end_broker if step.target == "broker" else self.end_worker)(step)
            fault.end_ms = now_ms()

        add(step.at_s + step.seconds, end)

    def begin_worker(self, step, _):
        worker, wire = self.workers[step.target], self.wire[step.target]
        if step.kind == "kill":
            worker.kill()
        elif step.kind == "pause":
            worker.pause()
        elif step.kind == "term":
            worker._signal(15)
        elif step.kind == "cut":
            wire.cut()
        elif step.kind == "stall":
            wire.stall()
        else:
            wire.delay(step.detail)

    def end_worker(self, step):
        worker = self.workers[step.target]
        if step.kind == "pause":
            worker.resume()
        elif step.kind == "kill":
            worker.launch(tied=True)
        elif step.kind == "term":
            # One that cannot reach its broker takes its time; then it is what an impatient supervisor does.
            if not worker._wait_gone(0.2):
                worker.kill()
            worker.launch(tied=True)
        else:
            self.wire[step.target].heal()

    def begin_broker(self, step, add):
        if step.kind == "kill":
            self.kafka.kill()
        elif step.kind == "pause":
            self.kafka.pause()
        else:
            moment = 0.0
            while moment < step.seconds - 0.3:
                add(step.at_s + moment, self.kafka.pause)
                add(step.at_s + moment + 0.15, self.kafka.resume)
                moment += 0.3

    def end_broker(self, step):
        if step.kind == "kill":
            self.kafka.launch(tied=True)
        else:
            self.kafka.resume()

    def command(self, step):
        """A user's doing in the middle of it. It may be refused or time out; the judge looks at what becomes of the records."""
        calls = {
            "restart": [("POST", f"/connectors/{self.source}/restart?includeTasks=true", None)],
            "restart-task": [("POST", f"/connectors/{self.source if step.detail < 0.5 else self.sink}/tasks/{int(step.detail * 10) % 2}/restart", None)],
            "pause-resume": [("PUT", f"/connectors/{self.source}/pause", None), ("PUT", f"/connectors/{self.source}/resume", None)],
            "reconfigure": [("PUT", f"/connectors/{self.source}/config", self.source_config(80 + int(40 * step.detail)))],
        }[step.kind]
        for method, path, body in calls:
            try:
                self.workers[step.target].request(method, path, body, timeout=10)
            except OSError:
                pass
            time.sleep(0.5)

    # After it.
    def heal(self):
        """Ends what has not ended; then everything must come back, and every task must go on."""
        begun = time.monotonic()
        for wire in self.wire.values():
            wire.heal()
        self.kafka.resume()
        self.kafka.launch(tied=True)
        self.kafka.await_ready()
        for thread in self._commands:
            thread.join(30)
        for name, worker in self.workers.items():
            worker.resume()
            if worker.pid() is None:
                # A worker that starts while its broker is away may give up, as Java's does; one that was running must not.
                if "Joined group" in worker.log_since_start():
                    raise Violation(f"{name} ended by itself: {worker.log_tail(30)}")
                self.notes.append(f"{name} gave up starting while the broker was away")
                worker.launch(tied=True)
        for worker in self.workers.values():
            wait_until(worker.ready, 60, lambda w=worker: f"{w.name} does not come back; {w.log_tail(30)}")
        self.cluster.call("PUT", f"/connectors/{self.source}/resume", seconds=60)
        self.settle(self.source, SOURCE_TASKS)
        self.settle(self.sink, SINK_TASKS)
        before = self.sent()
        wait_until(lambda: all(self.sent().get(task, 0) >= before.get(task, 0) + 20 for task in range(SOURCE_TASKS)), 60,
                   lambda: f"all tasks are RUNNING, and do not go on: acknowledged {before}, then {self.sent()}")
        self.notes.append(f"all tasks at work again after {time.monotonic() - begun:.1f} s")

    def sent(self):
        """Source task -> how many of its records were acknowledged."""
        found = {}
        for life in all_lives(self.cluster.workers):
            if life.connector == self.source:
                found[life.task] = found.get(life.task, 0) + len(life.acknowledged)
        return found

    def settle(self, name, tasks):
        """Until all workers say that all tasks run. Tasks that failed for want of a broker are restarted, as an operator would, and noted."""
        asked = 0.0

        def running():
            nonlocal asked
            told = [worker.status(name) for worker in self.workers.values()]
            if any(body is None or len(body["tasks"]) != tasks for body in told):
                return False
            states = [part["state"] for body in told for part in (body["connector"], *body["tasks"])]
            if "FAILED" in states and time.monotonic() > asked + 5:
                asked = time.monotonic()
                self.notes.append(f"{name}: " + "; ".join(sorted({part["trace"].splitlines()[0] for body in told for part in
                                                                  (body["connector"], *body["tasks"]) if part["state"] == "FAILED"})))
                self.cluster.call("POST", f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true", seconds=30)
            return all(state == "RUNNING" for state in states)

        wait_until(running, 90, lambda: f"{name} does not come back: {[worker.status(name) for worker in self.workers.values()]}\n"
                   + "\n".join(worker.log_tail(30) for worker in self.workers.values()))

    def drain(self):
        """The source stops, the sink takes the rest, REST tells the truth about both, and all workers end in order."""
        self.cluster.verb(self.source, "stop")
        wait_until(self.stopped, 60, lambda: f"the source does not stop: {[worker.status(self.source) for worker in self.workers.values()]}")
        total = self.kafka.count(self.topic)

        def stored():
            return sum(entry["offset"]["kafka_offset"] for entry in self.cluster.call("GET", f"/connectors/{self.sink}/offsets")["offsets"])

        wait_until(lambda: stored() >= total, 60, lambda: f"the sink has committed {stored()} of {total} records")
        acknowledged, last = {}, {}
        for life in all_lives(self.cluster.workers):
            if life.connector == self.source and life.acknowledged:
                last[life.task] = max(seqno for _, seqno in life.acknowledged)
                acknowledged[life.task] = max(acknowledged.get(life.task, -1), last[life.task])
        offsets = {entry["partition"]["id"]: entry["offset"]["seqno"] for entry in
                   self.cluster.call("GET", f"/connectors/{self.source}/offsets")["offsets"]}
        if offsets.keys() != acknowledged.keys() or any(offsets[task] > acknowledged[task] for task in offsets):
            raise Violation(f"the stored offsets are {offsets}, acknowledged are {acknowledged}")
        if offsets != last:
            # At least once: a life that was fenced or abandoned has had the last word on its partition.
            if not self.faults:
                raise Violation(f"the stored offsets are {offsets}, acknowledged by the last life of each task {last}")
            self.notes.append(f"stored offsets {offsets} instead of {last}")
        self.cluster.stop()

    def stopped(self):
        told = [worker.status(self.source) for worker in self.workers.values()]
        if any(body is None or body["connector"]["state"] != "STOPPED" for body in told):
            return False
        # Java's leader may delete the statuses of stopped tasks before their worker writes UNASSIGNED, which then stays.
        return all(not body["tasks"] or ("java" in KINDS and {task["state"] for task in body["tasks"]} == {"UNASSIGNED"}) for body in told)

    def records(self):
        """(partition, offset, task, seqno) of the whole topic."""
        options = [item for name in ("partition", "offset", "key") for item in ("--formatter-property", f"print.{name}=true")]
        lines = self.kafka.consume(self.topic, self.kafka.count(self.topic), *options)
        found = []
        for line in lines:
            partition, offset, key, value = line.split("\t")
            found.append((int(partition.removeprefix("Partition:")), int(offset.removeprefix("Offset:")), int(key), int(value)))
        return found


class Chaos(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="chaos-"))
        cls.failed = KEEP
        cls.addClassCleanup(lambda: None if cls.failed else shutil.rmtree(cls.folder, ignore_errors=True))
        cls.wires = Wires()
        cls.addClassCleanup(cls.wires.close)
        wires = cls.wire_list = [cls.wires.add() for _ in WORKERS]
        cls.kafka = Kafka(cls.folder / "kafka", doors={f"W{index}": wire.port for index, wire in enumerate(wires)})
        cls.addClassCleanup(cls.kafka.kill)
        cls.kafka.start(tied=True)
        for index, wire in enumerate(wires):
            wire.target = ("127.0.0.1", cls.kafka.door_ports[f"W{index}"])

    def test_chaos(self):
        print(f"\n{RUNS} runs from SLUICE_CHAOS_SEED={SEED}", flush=True)
        wrong = []
        for seed in range(SEED, SEED + RUNS):
            with self.subTest(seed=seed):
                try:
                    self.one(seed)
                except Exception as error:
                    wrong.append(seed)
                    print(f"seed {seed}: {str(error)[:1500]}", flush=True)
                    raise
        print(f"{RUNS} runs, {len(wrong)} with violations" + (f": seeds {wrong}" if wrong else ""), flush=True)

    def one(self, seed):
        folder = self.folder / f"seed-{seed}"
        run = Run(seed, folder, self.kafka, self.wire_list)
        begun, done = time.monotonic(), False
        try:
            verdict = run.carry_out()
            steps = ", ".join(f"{step.kind} {step.target}" for step in run.steps)
            print(f"seed {seed}: {time.monotonic() - begun:.0f} s, {verdict.records} records, {verdict.lives} lives of tasks, doubled "
                  f"{verdict.doubled_in_topic} in the topic and {verdict.doubled_in_sink} in the sink, fenced tasks at work for at most {verdict.overlap_ms} ms more; "
                  f"{'; '.join(run.notes)} [{steps}]", flush=True)
            self.assertEqual(verdict.violations, [], self.story(run, folder))
            done = True
        except (ServiceError, RestError, Violation) as error:
            self.fail(f"{error}\n{self.story(run, folder)}")
        finally:
            type(self).failed |= not done
            run.cluster.kill()
            for wire in self.wire_list:
                wire.heal()
            self.kafka.resume()
            self.kafka.launch(tied=True).await_ready()
            if done and not KEEP:
                shutil.rmtree(folder, ignore_errors=True)

    def story(self, run, folder):
        steps = "\n  ".join(str(step) for step in run.steps)
        return f"seed {run.seed}, logs in {folder}\n  {steps}"


if __name__ == "__main__":
    unittest.main()
