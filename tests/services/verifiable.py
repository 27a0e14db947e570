"""What the verifiable connectors print, read back from the logs of workers of either kind.

A worker's log holds its own lines and the connectors' JSON lines in the order in which they were written, so the life of each task can
be told: created, resumed at a sequence number, records polled, records acknowledged, stopped.
"""
import dataclasses
import datetime
import json
import re

STAMP = r"^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3})\] "
PROCESS = re.compile(STAMP + r"INFO Kafka Connect worker initializing")
CREATING = re.compile(STAMP + r".*Creating task (\S+)-(\d+) \(")
STARTED = re.compile(STAMP + r".*Started VerifiableSourceTask (\S+)-(\d+) producing to topic (\S+) resuming from seqno (\d+)")
STOPPING = re.compile(STAMP + r".*Stopping task (\S+)-(\d+) \(")


@dataclasses.dataclass
class Life:
    """One life of one task: from its creation in one process to its end. Times are in ms since the epoch."""

    worker: str
    process: int  # counts the starts of that worker
    connector: str
    task: int
    created_ms: int
    stopping_ms: int = 0  # 0: nobody asked it to stop
    resumed: int = None  # source: the first sequence number it was to send
    polled: list = dataclasses.field(default_factory=list)  # source: (time_ms, seqno)
    acknowledged: list = dataclasses.field(default_factory=list)  # source: (time_ms, seqno)
    received: list = dataclasses.field(default_factory=list)  # sink: (time_ms, source task, seqno, offset)
    flushed: list = dataclasses.field(default_factory=list)  # sink: (time_ms, source task, seqno, offset)

    @property
    def name(self):
        return f"{self.connector}-{self.task} on {self.worker}#{self.process}"

    def active(self):
        """The times at which it did something, sorted."""
        return sorted(entry[0] for entry in self.polled or self.received)


def stamp_ms(match):
    moment = datetime.datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S")
    return int(moment.timestamp()) * 1000 + int(match[2])


def objects(text):
    """The JSON objects of connectors in a log, in order. A line that was cut off by a kill is none."""
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                pass


def lives(worker_name, text):
    """The lives of all tasks in one worker's log, in the order of their creation."""
    process, found, current = 0, [], {}
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            _add(entry, current)
        elif PROCESS.match(line):
            process += 1
            current = {}
        elif match := CREATING.match(line):
            life = Life(worker_name, process, match[3], int(match[4]), stamp_ms(match))
            found.append(life)
            current[life.connector, life.task] = life
        elif match := STARTED.match(line):
            if life := current.get((match[3], int(match[4]))):
                life.resumed = int(match[6])
        elif match := STOPPING.match(line):
            if life := current.get((match[3], int(match[4]))):
                life.stopping_ms = life.stopping_ms or stamp_ms(match)
    return found


def _add(entry, current):
    sink = "sinkTask" in entry
    life = current.get((entry.get("name"), entry.get("sinkTask" if sink else "task")))
    if life is None:
        return
    if sink:
        (life.flushed if entry.get("flushed") else life.received).append((entry["time_ms"], entry["task"], entry["seqno"], entry["offset"]))
    else:
        (life.acknowledged if entry.get("committed") else life.polled).append((entry["time_ms"], entry["seqno"]))


def all_lives(workers):
    found = [life for worker in workers for life in lives(worker.folder.name, worker.log_path.read_text(errors="replace"))]
    return sorted(found, key=lambda life: life.created_ms)
