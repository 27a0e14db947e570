"""Says what is wrong with the history of a chaos run: pure functions over what was printed, what is in the topic and what was done.

What must hold, however workers and broker were treated:

- Lost nothing: every number that a source task was told is acknowledged is in the topic, the numbers of a task have no gap, every record
  of the topic reached the sink, and reached it as it was sent.
- In order: within one life of a source task its records are in the topic in the order of their numbers. A new life may begin at or
  below the highest number so far (at least once), never above the next.
- Doubled only with a reason: a step back in the topic is the beginning of a new life, or a producer's repeated request after the broker
  or the wire failed; in a sink it needs a fault somewhere. A life that was stopped in quiet hands over without doubling anything.
- No task twice at once: two lives of a task do not overlap, except as follows.
    * A process that was stopped by SIGSTOP cannot know that others have taken its work. It may go on until it learns it:
      `grace` after SIGCONT.
    * A worker that cannot reach the broker delivers nothing and may go on polling until its session has ended by its own clock:
      the session timeout plus one heartbeat interval, plus `grace`; and if it is reached again earlier, until `grace` after that.
  In one process two lives of a task never overlap.
"""
import dataclasses
import itertools


@dataclasses.dataclass
class Fault:
    """What was done to whom, in ms since the epoch. `frozen`: no instruction runs; `isolated`: the broker cannot be reached."""

    kind: str
    target: str  # a worker's name, or "broker"
    start_ms: int
    end_ms: int

    FROZEN = ("pause",)
    ISOLATED = ("cut", "stall")
    WIRE = ("cut", "stall", "delay")

    def frozen(self, worker):
        return self.kind in self.FROZEN and self.target == worker

    def isolated(self, worker):
        return (self.kind in self.ISOLATED and self.target == worker) or (self.target == "broker" and self.kind in ("pause", "kill"))

    def makes_repeats(self):
        """May a producer have sent a request twice?"""
        return self.target == "broker" or self.kind in self.WIRE or self.kind == "pause"


@dataclasses.dataclass
class Limits:
    session_ms: int = 6000
    heartbeat_ms: int = 1000
    grace_ms: int = 3000
    quiet_ms: int = 10000  # so long after a fault its effects may go on


@dataclasses.dataclass
class Verdict:
    violations: list
    records: int = 0
    doubled_in_topic: int = 0
    doubled_in_sink: int = 0
    lives: int = 0
    overlap_ms: int = 0  # how long, of those allowed, a task went on beside its successor when it could have known


def judge(lives, records, faults, limits=None, source="vs", sink="vk"):
    """`lives`: of verifiable.all_lives; `records`: (partition, offset, task, seqno) of the whole topic; `faults`: Fault list."""
    limits = limits or Limits()
    sources = [life for life in lives if life.connector == source]
    sinks = [life for life in lives if life.connector == sink]
    verdict = Verdict([], records=len(records), lives=len(sources) + len(sinks))
    _lost(verdict, sources, sinks, records)
    _in_order(verdict, sources, records, faults)
    _in_order_behind(verdict, sinks, faults)
    _clean_hand_over(verdict, sources, faults, limits)
    _at_once(verdict, sources + sinks, faults, limits)
    return verdict


def _by_task(records):
    """Task -> its numbers in the order of the topic."""
    found = {}
    for _, _, task, seqno in sorted(records):
        found.setdefault(task, []).append(seqno)
    return found


def _lost(verdict, sources, sinks, records):
    by_task = _by_task(records)
    for task in sorted({life.task for life in sources}):
        numbers = set(by_task.get(task, ()))
        missing = {seqno for life in sources if life.task == task for _, seqno in life.acknowledged} - numbers
        if missing:
            verdict.violations.append(f"task {task}: {len(missing)} acknowledged records are not in the topic, the first is {min(missing)}")
        gaps = set(range(max(numbers, default=-1) + 1)) - numbers
        if gaps:
            verdict.violations.append(f"task {task}: {len(gaps)} numbers are missing in the topic, the first is {min(gaps)}")
        if len({partition for partition, _, key, _ in records if key == task}) > 1:
            verdict.violations.append(f"task {task}: its records are in several partitions, though they share a key")
    sent = {(task, offset): seqno for _, offset, task, seqno in records}
    arrived = {}
    for life in sinks:
        for _, task, seqno, offset in life.received:
            arrived.setdefault((task, offset), set()).add(seqno)
    lost = sent.keys() - arrived.keys()
    if lost:
        verdict.violations.append(f"{len(lost)} records of the topic never reached the sink, the first (task, offset) is {min(lost)}")
    changed = [key for key, seqnos in arrived.items() if key in sent and seqnos != {sent[key]}]
    if changed:
        verdict.violations.append(f"{len(changed)} records reached the sink as others than were sent, the first (task, offset) is {min(changed)}")
    invented = arrived.keys() - sent.keys()
    if invented:
        verdict.violations.append(f"{len(invented)} records reached the sink that the topic does not hold, the first is {min(invented)}")


def _in_order(verdict, sources, records, faults):
    repeats = any(fault.makes_repeats() for fault in faults)
    for task, numbers in _by_task(records).items():
        verdict.doubled_in_topic += len(numbers) - len(set(numbers))
        unborn = sorted(life.resumed for life in sources if life.task == task and life.resumed is not None)
        following = []  # what each life that has begun, or a request that is repeated, would send next
        highest = -1
        for seqno in numbers:
            if seqno > highest + 1:
                verdict.violations.append(f"task {task}: {seqno} is in the topic before {highest + 1}")
                break
            if seqno in following:
                following.remove(seqno)
            elif seqno in unborn:
                unborn.remove(seqno)
            elif not (repeats and any(later > seqno for later in following)):  # a repeated request; whose, the record does not tell
                verdict.violations.append(f"task {task}: {seqno} is in the topic again, and no life of the task began there")
                break
            following.append(seqno + 1)
            highest = max(highest, seqno)
    for life in sources:
        numbers = [seqno for _, seqno in life.polled]
        if life.resumed is not None and numbers != list(range(life.resumed, life.resumed + len(numbers))):
            verdict.violations.append(f"{life.name}: its numbers do not follow each other from {life.resumed} on: two of it in one process?")


def _in_order_behind(verdict, sinks, faults):
    seen = set()
    for life in sinks:
        last = {}
        for _, task, _, offset in life.received:
            if offset <= last.get(task, -1) and not faults:
                verdict.violations.append(f"{life.name}: offset {offset} came after {last[task]}, and nothing had failed")
            last[task] = offset
            if (task, offset) in seen:
                verdict.doubled_in_sink += 1
            seen.add((task, offset))
    if verdict.doubled_in_sink and not faults:
        verdict.violations.append(f"{verdict.doubled_in_sink} records reached the sink twice, and nothing had failed")


def _clean_hand_over(verdict, sources, faults, limits):
    for task in {life.task for life in sources}:
        own = sorted((life for life in sources if life.task == task), key=lambda life: life.created_ms)
        for before, after in itertools.pairwise(own):
            if not before.stopping_ms or after.resumed is None or not before.acknowledged:
                continue
            if any(fault.start_ms <= after.created_ms and fault.end_ms + limits.quiet_ms >= before.stopping_ms for fault in faults):
                continue
            highest = max(seqno for _, seqno in before.acknowledged)
            if after.resumed <= highest:
                verdict.violations.append(f"{before.name} was stopped in quiet with {highest} acknowledged, and {after.name} "
                                          f"began again at {after.resumed}")


def _at_once(verdict, lives, faults, limits):
    by_task = {}
    for life in lives:
        if life.active():
            by_task.setdefault((life.connector, life.task), []).append(life)
    for own in by_task.values():
        for one, other in itertools.combinations(own, 2):
            early, late = (one, other) if one.active()[0] <= other.active()[0] else (other, one)
            begun = late.active()[0]
            both = [moment for moment in early.active() if moment > begun]
            if not both:
                continue
            if (early.worker, early.process) == (late.worker, late.process):
                verdict.violations.append(f"{early.name}: two lives of it at once in one process")
                continue
            excused = {moment: _excused(moment, begun, early.worker, faults, limits) for moment in both}
            bad = [moment for moment, late_ms in excused.items() if late_ms is None]
            if bad:
                verdict.violations.append(f"{early.name} went on until {max(bad) - begun} ms after {late.name} had begun, which no fault excuses")
            else:
                verdict.overlap_ms = max(verdict.overlap_ms, *excused.values())


def _excused(moment, begun, worker, faults, limits):
    """How long after the end of the fault that excuses it, and after its successor's beginning, this was; None if none excuses it."""
    found = []
    for fault in faults:
        if fault.start_ms > begun:
            continue
        if fault.frozen(worker):
            end = fault.end_ms
        elif fault.isolated(worker):
            end = min(fault.end_ms, fault.start_ms + limits.session_ms + limits.heartbeat_ms)
        else:
            continue
        if fault.start_ms <= moment <= end + limits.grace_ms:
            found.append(max(0, moment - max(end, begun)))
    return min(found, default=None)
