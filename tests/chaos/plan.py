"""What happens in a chaos run, drawn from its seed alone: the same seed is the same plan."""
import dataclasses
import random

WORKERS = ("w0", "w1", "w2")
RUN_S = 15.0  # within which faults begin; each ends by RUN_S + 3

# kind -> (weight, shortest and longest in seconds). Sessions end after 6 s, so some faults stay below that and some go beyond it.
WORKER_FAULTS = {
    "kill": (4, 0.2, 6.0),  # SIGKILL; started again afterwards
    "pause": (4, 0.5, 11.0),  # SIGSTOP, SIGCONT
    "term": (2, 0.1, 3.0),  # a clean stop; started again afterwards
    "cut": (3, 0.2, 10.0),  # its connections to the broker are reset, new ones refused
    "stall": (3, 0.5, 10.0),  # its connections to the broker carry nothing
    "delay": (2, 1.0, 6.0),  # each piece of bytes takes 50 to 400 ms
}
BROKER_FAULTS = {
    "kill": (2, 0.1, 3.0),
    "pause": (3, 0.3, 9.0),
    "stutter": (3, 1.0, 5.0),  # stopped for moments again and again: what a slow disk looks like to clients
}
COMMANDS = ("restart", "restart-task", "pause-resume", "reconfigure")


@dataclasses.dataclass
class Step:
    at_s: float
    kind: str
    target: str
    seconds: float = 0.0
    detail: float = 0.0

    def __str__(self):
        detail = f" of {self.detail:.2f} s" if self.kind == "delay" else ""
        return f"{self.at_s:5.2f} s: {self.kind} {self.target}{detail}" + (f" for {self.seconds:.2f} s" if self.seconds else "")


def draw(chance, table):
    kind = chance.choices(list(table), [weight for weight, _, _ in table.values()])[0]
    _, low, high = table[kind]
    if chance.random() < 0.5:
        return kind, chance.uniform(low, high)
    return kind, low * (high / low) ** chance.random()  # short ones as often as long ones


def plan(seed):
    """The steps in order. One thing at a time for each process and each wire, any number at a time altogether."""
    chance = random.Random(seed)
    steps, busy_until = [], {}
    for _ in range(chance.randint(3, 8)):
        broker = chance.random() < 0.2
        target = "broker" if broker else chance.choice(WORKERS)
        kind, seconds = draw(chance, BROKER_FAULTS if broker else WORKER_FAULTS)
        at_s = chance.uniform(0.3, RUN_S)
        seconds = min(seconds, RUN_S + 3 - at_s)
        lane = f"{target} wire" if kind in ("cut", "stall", "delay") else target
        if any(begun - 0.5 < at_s + seconds and at_s < ended + 0.5 for begun, ended in busy_until.get(lane, ())):
            continue
        busy_until.setdefault(lane, []).append((at_s, at_s + seconds))
        steps.append(Step(at_s, kind, target, seconds, chance.uniform(0.05, 0.4)))
    for _ in range(chance.randint(0, 3)):
        steps.append(Step(chance.uniform(0.3, RUN_S), chance.choice(COMMANDS), chance.choice(WORKERS), 0.0, chance.random()))
    return sorted(steps, key=lambda step: step.at_s)
