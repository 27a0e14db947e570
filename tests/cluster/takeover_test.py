#!/usr/bin/env python3
"""Take-over: Java workers stop, ours start with the same properties files, connectors go on where they were; and the way back."""
import unittest

from cluster_case import OURS, ClusterCase
from pipe import FilePipe
from verifiable import all_lives
from worker import wait_until


class TakeOver(ClusterCase):
    def change_kind(self, cluster, kind):
        files = [(worker.folder / "worker.properties").read_bytes() for worker in cluster.workers]
        for worker in cluster.workers:
            worker.kind = kind
        cluster.start()
        self.assertEqual([(worker.folder / "worker.properties").read_bytes() for worker in cluster.workers], files)

    def test_files_there_and_back(self):
        cluster = self.cluster("files", ["java"])
        cluster.start()
        pipe = FilePipe(self.folder / "files-data", cluster, self.kafka)
        pipe.create()
        pipe.append(500)
        pipe.wait_arrived()
        config = cluster.call("GET", f"/connectors/{pipe.source}")
        pipe.wait_committed()
        position = pipe.position()
        cluster.stop()

        # Ours finds the configuration, the offsets and the file position, and adds only what is new.
        self.change_kind(cluster, OURS)
        self.assertEqual(sorted(cluster.call("GET", "/connectors")), sorted([pipe.source, pipe.sink]))
        self.assertEqual(cluster.call("GET", f"/connectors/{pipe.source}"), config)
        self.assertEqual(pipe.position(), position)
        cluster.wait_running(pipe.source)
        cluster.wait_running(pipe.sink)
        pipe.append(500)
        pipe.wait_arrived()
        pipe.check(self)

        # States that only the config topic knows go along: paused here, stopped there.
        cluster.verb(pipe.source, "pause")
        cluster.wait_state(pipe.source, "PAUSED")
        cluster.verb(pipe.sink, "stop")
        cluster.wait_state(pipe.sink, "STOPPED", tasks=0)
        pipe.append(300)
        position = pipe.position()
        self.assertEqual(position, sum(len(line) + (2 if (n + 1) % 7 == 0 else 1) for n, line in enumerate(pipe.lines[:1000])))
        cluster.stop()

        self.change_kind(cluster, "java")
        cluster.wait_state(pipe.source, "PAUSED")
        cluster.wait_state(pipe.sink, "STOPPED", tasks=0)
        self.assertEqual(pipe.position(), position)
        cluster.verb(pipe.sink, "resume")
        cluster.verb(pipe.source, "resume")
        cluster.wait_running(pipe.source)
        cluster.wait_running(pipe.sink)
        pipe.append(200)
        pipe.wait_arrived()
        pipe.check(self)

        # What Java wrote last, a change of a configuration among it, ours understands again.
        cluster.configure(pipe.source, pipe.source_config(**{"batch.size": "100"}))
        cluster.stop()
        pipe.append(100)
        self.change_kind(cluster, OURS)
        self.assertEqual(cluster.call("GET", f"/connectors/{pipe.source}/config")["batch.size"], "100")
        pipe.wait_arrived()
        cluster.stop()
        pipe.check(self)

    def test_numbered_records_there_and_back(self):
        """Two workers, three source tasks and two sink tasks: after each clean stop the other kind goes on with the next number."""
        cluster = self.cluster("numbers", ["java", "java"])
        cluster.start()
        source, sink = f"{cluster.group}-source", f"{cluster.group}-sink"
        self.kafka.create_topic(f"{cluster.group}-numbers", partitions=3)
        cluster.create(source, {"connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector", "tasks.max": "3",
                              "topic": f"{cluster.group}-numbers", "throughput": "200"})
        cluster.create(sink, {"connector.class": "org.apache.kafka.connect.tools.VerifiableSinkConnector", "tasks.max": "2",
                              "topics": f"{cluster.group}-numbers"})
        for kind in (OURS, "java", None):
            cluster.wait_running(source, 3)
            cluster.wait_running(sink, 2)
            begun = len(self.received(cluster))
            wait_until(lambda b=begun: len(self.received(cluster)) > b + 300, 30)
            cluster.stop()
            if kind:
                self.change_kind(cluster, kind)
        for task in range(3):
            polled = [seqno for life in all_lives(cluster.workers) if (life.connector, life.task) == (source, task) for _, seqno in life.polled]
            sent = sorted(seqno for life in all_lives(cluster.workers) if (life.connector, life.task) == (source, task)
                          for _, seqno in life.acknowledged)
            self.assertEqual(sent, list(range(len(sent))), "each number is sent once, over all four lives of the task")
            # What was polled and not acknowledged before a stop is polled again by the next life.
            self.assertGreaterEqual(len(polled), len(sent))
        # One more life of the sink takes what was still in the topic.
        cluster.workers[0].kind = OURS
        cluster.workers[0].launch(tied=True).await_ready()
        cluster.verb(source, "stop")
        cluster.wait_state(source, "STOPPED", tasks=0)
        total = self.kafka.count(f"{cluster.group}-numbers")
        wait_until(lambda: len(set(self.received(cluster))) >= total, 30, lambda: f"{len(set(self.received(cluster)))} of {total} records arrived")
        cluster.stop()
        received = self.received(cluster)
        self.assertEqual(len(received), len(set(received)), "a record that a sink had got before a clean stop came again")
        self.assertEqual(len(received), total)

    def received(self, cluster):
        return [(task, offset) for life in all_lives(cluster.workers) for _, task, _, offset in life.received]


if __name__ == "__main__":
    unittest.main()
