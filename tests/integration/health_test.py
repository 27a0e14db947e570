#!/usr/bin/env python3
"""Health that tells the truth: plugins that hang, fail and throw, as REST shows them within five seconds; restarts by the worker itself."""
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from worker import Worker, build_dir, wait_until  # noqa: E402

TRUTH_SECONDS = 5


class Health(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        for plugin in ("hang", "scripted"):
            if not (build_dir() / "test-plugins" / plugin / f"{plugin}.so").exists():
                self.skipTest(f"the plugin '{plugin}' is not built")

    def worker(self, properties=None):
        worker = Worker(self.folder / "worker", {
            "bootstrap.servers": "embedded",
            "plugin.path": f"{build_dir()}/plugins,{build_dir()}/test-plugins/hang,{build_dir()}/test-plugins/scripted",
            "task.shutdown.graceful.timeout.ms": "500", **(properties or {})})
        self.addCleanup(worker.kill)
        worker.start()
        return worker

    def health(self, worker, name):
        return worker.get(f"/sluice/v1/connectors/{name}/health")

    def history(self, worker, name):
        return worker.get(f"/sluice/v1/connectors/{name}/history")["events"]

    def codes(self, worker, name):
        """Codes of the reasons of all tasks."""
        return [reason["code"] for task in self.health(worker, name)["tasks"] for reason in task["reasons"]]

    def state(self, worker, name, task=0):
        status, body = worker.request("GET", f"/connectors/{name}/tasks/{task}/status")
        return body["state"] if status == 200 else None

    def hang_config(self, where, kind="Source"):
        config = {"connector.class": f"Hang{kind}", "tasks.max": "1", "hang.in": where}
        return {**config, **({"topic": "t"} if kind == "Source" else {"topics": "t"})}

    def test_hung_callbacks_are_seen(self):
        worker = self.worker()
        worker.create("feed", self.hang_config(""))  # a source that works: what the sink gets
        for where, kind in (("task.start", "Source"), ("task.poll", "Source"), ("sink.put", "Sink")):
            name = where.replace(".", "-")
            worker.create(name, self.hang_config(where, kind))
            wait_until(lambda: self.health(worker, name)["tasks"], 10)
            if where == "sink.put":  # only when it gets to its first put
                wait_until(lambda: self.health(worker, name)["tasks"][0].get("progress", {}).get("callback") == "put", 20)
            began = time.monotonic()
            wait_until(lambda: "CALLBACK_LONG" in self.codes(worker, name), 20, lambda: f"{name}: {self.health(worker, name)}")
            self.assertLess(time.monotonic() - began, TRUTH_SECONDS + 1)
            health = self.health(worker, name)
            self.assertEqual(health["health"], "DEGRADED")
            self.assertIn(f"{where.split('.')[1]}() of the plugin has not returned for", str(health))
        self.assertNotEqual(self.state(worker, "task-start"), "RUNNING")

    def test_hang_past_its_deadline_is_failed(self):
        worker = self.worker({"sluice.task.hang.timeout.ms": "3000"})
        worker.create("hung", self.hang_config("task.poll"))
        wait_until(lambda: self.state(worker, "hung") == "FAILED", 15)
        trace = worker.get("/connectors/hung/tasks/0/status")["trace"]
        self.assertIn("poll() of the plugin of task hung-0 has not returned for", trace)
        events = self.history(worker, "hung")
        self.assertIn("FAILED", [event["state"] for event in events if event["task"] == 0])
        # The user's own restart is served, though the old instance never ends.
        self.assertEqual(worker.request("POST", "/connectors/hung/tasks/0/restart")[0], 204)
        wait_until(lambda: self.state(worker, "hung") == "RUNNING", 10)

    def test_failure_is_seen_though_stop_hangs(self):
        worker = self.worker()
        worker.create("h", {"connector.class": "ScriptedSource", "tasks.max": "1", "topic": "t", "count": "10",
                            "fail.at": "4", "hang.stop": "true"})
        wait_until(lambda: self.state(worker, "h") == "FAILED", 15, lambda: str(self.health(worker, "h")))
        self.assertIn("told to fail at 4", worker.get("/connectors/h/tasks/0/status")["trace"])
        worker.delete("h")
        self.assertEqual(worker.request("GET", "/sluice/v1/connectors/h/health")[0], 404)

    def test_failed_and_thrown(self):
        worker = self.worker()
        for how in ("status", "throw", "bad_alloc"):
            began = time.monotonic()
            worker.create(how, {"connector.class": "ScriptedSource", "tasks.max": "1", "topic": "t", "count": "10",
                                "fail.at": "4", "fail.how": how})
            wait_until(lambda: self.state(worker, how) == "FAILED", 20)
            self.assertLess(time.monotonic() - began, TRUTH_SECONDS + 5)
            health = self.health(worker, how)
            self.assertEqual(health["health"], "UNHEALTHY")
            self.assertEqual(health["tasks"][0]["reasons"][0]["code"], "FAILED")
            self.assertEqual(health["connector"]["health"], "HEALTHY")
            time.sleep(2)
            self.assertEqual(self.state(worker, how), "FAILED")  # nothing restarts by itself
        self.assertEqual(worker.request("GET", "/health")[0], 200)

    def test_self_healing(self):
        worker = self.worker({"sluice.restart.failed": "true", "sluice.restart.backoff.ms": "200",
                              "sluice.restart.backoff.max.ms": "400"})
        config = {"connector.class": "ScriptedSource", "tasks.max": "1", "topic": "t", "count": "10", "fail.at": "4"}
        worker.create("s", config)

        def restarts():
            return self.health(worker, "s")["tasks"][0].get("restarts", {}).get("count", 0)

        wait_until(lambda: self.health(worker, "s")["tasks"] and restarts() >= 3, 30)
        causes = [event["cause"] or "" for event in self.history(worker, "s") if event["state"] == "RESTARTING"]
        self.assertTrue(any("restarted by itself" in cause and "told to fail at 4" in cause for cause in causes), causes)
        self.assertIn('kafka_connect_self_healing_metrics_restart_total{', worker.request("GET", "/metrics")[1])
        status, body = worker.request("PUT", "/connectors/s/config", {**config, "name": "s", "fail.at": "-1"})
        self.assertEqual(status, 200, body)
        wait_until(lambda: self.state(worker, "s") == "RUNNING", 20)
        time.sleep(2)
        self.assertEqual(self.state(worker, "s"), "RUNNING")
        self.assertEqual(self.health(worker, "s")["health"], "HEALTHY")

    def test_configuration_errors_are_not_restarted(self):
        worker = self.worker({"sluice.restart.failed": "true", "sluice.restart.backoff.ms": "100"})
        worker.create("bad", {"connector.class": "ScriptedSource", "tasks.max": "1", "topic": "t", "fail.start": "true",
                              "fail.how": "config"})
        wait_until(lambda: self.state(worker, "bad") == "FAILED", 20)
        wait_until(lambda: "NOT_RESTARTED" in self.codes(worker, "bad"), 10)
        self.assertNotIn("RESTARTING", [event["state"] for event in self.history(worker, "bad")])


if __name__ == "__main__":
    unittest.main()
