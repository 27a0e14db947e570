#!/usr/bin/env python3
"""Tasks are left alone by what does not concern them: a new or a deleted connector restarts none, a worker that leaves only its share.
How long each task stands still in a rolling restart is printed here and judged by bench/cluster.py, on a machine that does nothing else."""
import unittest

from cluster_case import OURS, ClusterCase
from rolling import Flock


class RollingRestart(ClusterCase):
    def test_tasks_are_left_alone(self):
        cluster = self.cluster("cluster", [OURS] * 3, scheduled_rebalance_max_delay_ms="0", topic_tracking_enable="false")
        cluster.start()
        flock = Flock(cluster, connectors=3, tasks=2, throughput=50)
        with self.subTest("a connector is added"):
            added = []
            self.assertEqual(flock.disturbed_by(lambda: added.append(self.create_idle(cluster))), 0)
        with self.subTest("a connector gets another configuration"):
            self.assertEqual(flock.disturbed_by(lambda: cluster.configure(added[0], {**self.idle(cluster), "throughput": "2"})), 0)
        with self.subTest("a connector is paused, resumed, restarted"):
            def command():
                cluster.verb(added[0], "pause")
                cluster.wait_state(added[0], "PAUSED", 2)
                cluster.verb(added[0], "resume")
                cluster.call("POST", f"/connectors/{added[0]}/restart?includeTasks=true")

            self.assertEqual(flock.disturbed_by(command), 0)
        with self.subTest("rolling restart"):
            pauses, restarts = flock.roll()
            print(f"\nrolling restart of {len(cluster)} workers with {len(pauses)} tasks: longest pause of a task {max(pauses.values())} ms, "
                  f"restarts of tasks {restarts}")
            # The share of a worker moves to the others when it leaves, and as much moves back when it returns.
            self.assertLessEqual(max(restarts), 2 * 3)

    def idle(self, cluster):
        return {"connector.class": "VerifiableSource", "tasks.max": "2", "topic": f"{cluster.group}-idle", "throughput": "1"}

    def create_idle(self, cluster):
        cluster.create("idle", self.idle(cluster))
        cluster.wait_running("idle", 2)
        return "idle"


if __name__ == "__main__":
    unittest.main()
