#!/usr/bin/env python3
"""A mixed group: one worker of ours and one of Java share the file connectors, in every protocol, whichever of the two leads."""
import re
import unittest

from cluster_case import OURS, ClusterCase
from pipe import FilePipe
from worker import wait_until

VERSION = {"sessioned": 2, "compatible": 1, "eager": 0}
JOINED = re.compile(r"Joined group at generation (\d+) with protocol version (\d+) and got assignment: .*leaderUrl='([^']*)'")


class MixedGroup(ClusterCase):
    def test_sessioned_java_leads(self):
        self.share("sessioned", "java", OURS)

    def test_sessioned_ours_leads(self):
        self.share("sessioned", OURS, "java")

    def test_compatible_java_leads(self):
        self.share("compatible", "java", OURS)

    def test_compatible_ours_leads(self):
        self.share("compatible", OURS, "java")

    def test_eager_java_leads(self):
        self.share("eager", "java", OURS)

    def test_eager_ours_leads(self):
        self.share("eager", OURS, "java")

    def share(self, protocol, first, second):
        cluster = self.cluster(f"{protocol}-{first}", [first, second], connect_protocol=protocol, scheduled_rebalance_max_delay_ms="1500")
        cluster.start(together=False)
        leader, follower = cluster.workers
        witness = next(worker for worker in cluster.workers if worker.kind == "java")
        self.check_group(witness, protocol, leader)

        pipes = [FilePipe(self.folder / f"{protocol}-{first}-data", cluster, self.kafka, name) for name in ("one", "two")]
        pipes[0].create(leader)
        pipes[1].create(follower)
        self.settle(cluster, pipes)
        self.move(pipes, 200)

        with self.subTest("commands through either worker"):
            self.command_both(cluster, pipes)
        self.move(pipes, 100)
        for pipe in pipes:
            pipe.wait_committed()

        with self.subTest("the follower leaves and comes back"):
            follower.stop()
            wait_until(lambda: self.owned_by(cluster, pipes) == {leader.worker_id}, 40, lambda: f"owners: {self.owned_by(cluster, pipes)}")
            self.running(cluster, pipes)
            self.move(pipes, 100)
            follower.start(tied=True)
            self.settle(cluster, pipes)
            self.check_group(witness, protocol, leader)
            self.move(pipes, 100)
            for pipe in pipes:
                pipe.wait_committed()

        with self.subTest("the leader leaves, the other leads, it comes back"):
            leader.stop()
            wait_until(lambda: self.owned_by(cluster, pipes) == {follower.worker_id}, 40, lambda: f"owners: {self.owned_by(cluster, pipes)}")
            self.running(cluster, pipes)
            self.move(pipes, 100)
            leader.start(tied=True)
            self.settle(cluster, pipes)
            self.check_group(witness, protocol, follower)
            self.move(pipes, 100)
        cluster.stop()
        for pipe in pipes:
            pipe.check(self)

    def check_group(self, witness, protocol, leader):
        """What a Java worker, who is in every group here, says of protocol and leader."""
        joined = JOINED.findall(witness.log_since_start())
        self.assertTrue(joined, witness.log_tail(40))
        self.assertEqual(int(joined[-1][1]), VERSION[protocol])
        self.assertEqual(joined[-1][2], leader.url + "/")

    def connectors(self, pipes):
        return [name for pipe in pipes for name in (pipe.source, pipe.sink)]

    def running(self, cluster, pipes):
        for name in self.connectors(pipes):
            cluster.wait_running(name)

    def owned_by(self, cluster, pipes):
        owners = set()
        for name in self.connectors(pipes):
            connector, tasks = cluster.owners(name)
            owners |= {connector, *tasks.values()}
        return owners

    def settle(self, cluster, pipes):
        """Until all run, each worker has two of the four connectors and two of the four tasks, and both workers tell the same."""
        def balanced():
            connectors, tasks = [], []
            for name in self.connectors(pipes):
                owner, owners = cluster.owners(name)
                connectors.append(owner)
                tasks += owners.values()
            ids = [worker.worker_id for worker in cluster.workers]
            return [connectors.count(one) for one in ids] == [2, 2] and [tasks.count(one) for one in ids] == [2, 2]

        wait_until(balanced, 40, lambda: str([cluster.owners(name) for name in self.connectors(pipes)]))
        self.running(cluster, pipes)
        told = []

        def same():
            told[:] = [cluster.call("GET", "/connectors?expand=status&expand=info", worker=worker) for worker in cluster.workers]
            return told[0] == told[1]

        wait_until(same, 10, lambda: f"the workers differ: {told}")

    def move(self, pipes, count):
        for pipe in pipes:
            pipe.append(count)
        for pipe in pipes:
            pipe.wait_arrived()

    def command_both(self, cluster, pipes):
        for worker, pipe in zip(cluster.workers, pipes):
            # A new configuration: its task restarts with it, wherever it is.
            cluster.configure(pipe.source, pipe.source_config(**{"batch.size": str(100 + worker.url.count("/"))}), worker)
            for verb, state in (("pause", "PAUSED"), ("resume", "RUNNING")):
                for name in self.connectors(pipes):
                    cluster.verb(name, verb, worker)
                for name in self.connectors(pipes):
                    cluster.wait_state(name, state)
            for name in self.connectors(pipes):
                cluster.call("POST", f"/connectors/{name}/restart?includeTasks=true", worker=worker)
                cluster.call("POST", f"/connectors/{name}/tasks/0/restart", worker=worker)
            self.running(cluster, pipes)
            cluster.verb(pipe.sink, "stop", worker)
            cluster.wait_state(pipe.sink, "STOPPED", tasks=0)
            cluster.verb(pipe.sink, "resume", worker)
            cluster.wait_running(pipe.sink)
            # A connector that comes and goes.
            extra = f"extra-{worker.folder.name}"
            cluster.create(extra, {"connector.class": "FileStreamSource", "topic": pipe.topic, "file": str(pipe.folder / "nothing.txt"),
                                   "tasks.max": "1"}, worker)
            cluster.wait_running(extra)
            cluster.delete(extra, worker)
            wait_until(lambda e=extra: all(w.request("GET", f"/connectors/{e}")[0] == 404 for w in cluster.workers), 20)
        wait_until(lambda: len(cluster.call("GET", "/connectors")) == 4, 10)
        self.settle(cluster, pipes)


if __name__ == "__main__":
    unittest.main()
