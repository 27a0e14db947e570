"""What a rolling restart and a new connector do to the tasks of a cluster, counted and timed by what verifiable sources print."""
import time
import uuid

from verifiable import all_lives
from worker import wait_until


class Flock:
    """`connectors` verifiable sources of `tasks` tasks each on a running cluster. A task that is at work prints a line every few ms."""

    def __init__(self, cluster, connectors=4, tasks=3, throughput=100):
        self.cluster, self.tasks, self.throughput = cluster, tasks, throughput
        self.names = []
        for _ in range(connectors):
            self.names.append(self.add())
        wait_until(self.balanced, 60, lambda: f"not balanced: {self.shares()}")
        time.sleep(1)  # every task has begun

    def add(self):
        name = f"flock-{uuid.uuid4().hex[:6]}"
        self.cluster.create(name, {"connector.class": "VerifiableSource", "tasks.max": str(self.tasks), "topic": f"{self.cluster.group}-flock",
                                   "throughput": str(self.throughput)})
        self.cluster.wait_running(name, self.tasks)
        return name

    def add_other(self):
        """One more that is no part of the flock."""
        return self.add()

    def shares(self):
        """Worker -> how many tasks it has, of all connectors."""
        shares = {worker.worker_id: 0 for worker in self.cluster.workers}
        for name in self.cluster.call("GET", "/connectors"):
            for owner in self.cluster.owners(name)[1].values():
                shares[owner] = shares.get(owner, 0) + 1
        return shares

    def balanced(self):
        shares = self.shares()
        for name in self.cluster.call("GET", "/connectors"):
            body = self.cluster.call("GET", f"/connectors/{name}/status")
            if len(body["tasks"]) != self.tasks or any(task["state"] != "RUNNING" for task in body["tasks"]):
                return False
        return max(shares.values()) - min(shares.values()) <= 1

    def lives(self, since_ms=0):
        return [life for life in all_lives(self.cluster.workers) if life.connector in self.names and life.created_ms >= since_ms]

    def pauses(self, since_ms, until_ms):
        """(connector, task) -> the longest time, in ms, in which it sent nothing."""
        moments = {(name, task): [] for name in self.names for task in range(self.tasks)}
        for life in self.lives():
            moments[life.connector, life.task] += [at for at in life.active() if since_ms <= at <= until_ms]
        longest = {}
        for key, found in moments.items():
            found = [since_ms, *sorted(found), until_ms]
            longest[key] = max(after - before for before, after in zip(found, found[1:]))
        return longest

    def roll(self, clean=True):
        """Restarts one worker after the other, each when the cluster has settled. Returns (pauses, restarts of tasks for each worker)."""
        begun = now_ms()
        restarts = []
        for worker in self.cluster.workers:
            since = now_ms()
            if clean:
                worker.stop()
            else:
                worker.kill()
            worker.start(tied=True)
            wait_until(self.balanced, 60, lambda: f"not balanced: {self.shares()}")
            restarts.append(len(self.lives(since)))
        time.sleep(1)
        return self.pauses(begun, now_ms()), restarts

    def disturbed_by(self, action):
        """How many tasks of the flock were started again by it, until the cluster had settled."""
        since = now_ms()
        action()
        wait_until(self.balanced, 60, lambda: f"not balanced: {self.shares()}")
        time.sleep(2)
        return len(self.lives(since))


def now_ms():
    return time.time_ns() // 1_000_000
