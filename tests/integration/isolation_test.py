#!/usr/bin/env python3
"""sluice.isolation=process: what breaks in a plugin costs its connector alone. A worker with connectors whose plugin code crashes, leaks,
spins and hangs in each callback, and one beside them whose records go on."""
import os
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from worker import Worker, build_dir, wait_until  # noqa: E402

TRUTH_SECONDS = 5
MEMORY_MAX = 96 * 1024 * 1024


def children(pid):
    """The plugin processes of a worker, by their command line."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if parent == pid and command[1:3] == [b"plugins", b"host"]:
            found.append(int(entry.name))
    return found


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Isolation(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        if not (build_dir() / "test-plugins" / "crash" / "crash.so").exists():
            self.skipTest("the plugin 'crash' is not built")
        self.worker = Worker(self.folder / "worker", {
            "bootstrap.servers": "embedded", "plugin.path": f"{build_dir()}/plugins,{build_dir()}/test-plugins/crash",
            "task.shutdown.graceful.timeout.ms": "1000", "offset.flush.interval.ms": "200"})
        self.addCleanup(self.worker.kill)
        self.worker.start()

    def config(self, where, how="segv", kind="Source", **more):
        topic = {"topic": "t"} if kind == "Source" else {"topics": "t"}
        return {"connector.class": f"Crash{kind}", "tasks.max": "1", "sluice.isolation": "process", "crash.in": where, "crash.how": how,
                **topic, **more}

    def task(self, name):
        status, body = self.worker.request("GET", f"/connectors/{name}/tasks/0/status")
        return body if status == 200 else {"state": None}

    def connector(self, name):
        return self.worker.get(f"/connectors/{name}/status")["connector"]

    def written(self, name):
        for line in self.worker.get("/metrics").splitlines():
            if line.startswith("kafka_connect_source_task_metrics_source_record_write_total") and f'connector="{name}"' in line:
                return float(line.split()[-1])
        return 0.0

    def fails_with(self, name, *texts, seconds=TRUTH_SECONDS):
        wait_until(lambda: self.task(name)["state"] == "FAILED", seconds, lambda: f"{name}: {self.task(name)}")
        trace = self.task(name)["trace"]
        for text in texts:
            self.assertIn(text, trace)

    def test_a_crash_costs_its_task_alone(self):
        worker = self.worker
        pid = worker.pid()
        worker.create("steady", self.config(""))
        wait_until(lambda: self.written("steady") > 0, 10)
        before, began = self.written("steady"), time.monotonic()
        crashes = {
            ("task.start", "segv", "Source"): "was killed by signal 11 (SIGSEGV) in start",
            ("task.poll", "segv", "Source"): "was killed by signal 11 (SIGSEGV) in poll",
            ("task.poll", "abort", "Source"): "was killed by signal 6 (SIGABRT) in poll; it wrote: crash: giving up",
            ("task.poll", "exit", "Source"): "exited with status 3 in poll",
            ("task.delivered", "segv", "Source"): "was killed by signal 11 (SIGSEGV) in",
            ("task.commit", "segv", "Source"): "was killed by signal 11 (SIGSEGV) in",
            ("sink.put", "segv", "Sink"): "was killed by signal 11 (SIGSEGV) in put",
            ("sink.pre_commit", "segv", "Sink"): "was killed by signal 11 (SIGSEGV) in",
        }
        for i, ((where, how, kind), text) in enumerate(crashes.items()):
            with self.subTest(where=where, how=how):
                # crash.after: the first calls work
                worker.create(f"crash-{i}", self.config(where, how, kind, **({"crash.after": "5"} if where == "task.poll" else {})))
                self.fails_with(f"crash-{i}", text, seconds=15 if kind == "Sink" else TRUTH_SECONDS)
        self.assertEqual(worker.pid(), pid)
        os.kill(pid, 0)
        # The other connector's records went on, at the rate of one every 20 ms or more.
        seconds = time.monotonic() - began
        self.assertGreater(self.written("steady") - before, seconds / 0.02 * 0.5)
        self.assertEqual(self.task("steady")["state"], "RUNNING")
        self.assertIn("The plugin printed: crash: giving up", worker.log_path.read_text())

    def test_restart_makes_a_new_process(self):
        self.worker.create("again", self.config("task.poll", **{"crash.after": "20"}))
        self.fails_with("again", "SIGSEGV")
        written = self.written("again")
        self.assertGreater(written, 0)
        self.assertEqual(self.worker.request("POST", "/connectors/again/tasks/0/restart")[0], 204)
        wait_until(lambda: self.task("again")["state"] == "RUNNING", TRUTH_SECONDS)
        self.fails_with("again", "SIGSEGV")

    def test_connectors(self):
        worker = self.worker
        for where in ("connector.start", "connector.task_configs"):
            name = where.replace(".", "-")
            worker.request("POST", "/connectors", {"name": name, "config": self.config(where)})
        wait_until(lambda: self.connector("connector-start")["state"] == "FAILED", TRUTH_SECONDS)
        self.assertIn("was killed by signal 11 (SIGSEGV) in start", self.connector("connector-start")["trace"])
        worker.create("later", self.config("connector.later"))
        wait_until(lambda: self.connector("later")["state"] == "FAILED", TRUTH_SECONDS)
        self.assertIn("was killed by signal 11 (SIGSEGV)", self.connector("later")["trace"])
        status, body = worker.request("PUT", "/connector-plugins/CrashSource/config/validate",
                                      {**self.config("connector.validate"), "name": "v"})
        self.assertEqual(status, 500, body)
        self.assertIn("was killed by signal 11 (SIGSEGV) in validate", body["message"])
        self.assertEqual(worker.request("GET", "/")[0], 200)

    def test_a_process_that_ends_while_paused_is_seen(self):
        self.worker.create("paused", self.config(""))
        self.worker.wait_running("paused")
        self.assertEqual(self.worker.request("PUT", "/connectors/paused/pause")[0], 202)
        wait_until(lambda: self.task("paused")["state"] == "PAUSED", TRUTH_SECONDS)
        for process in children(self.worker.pid()):
            os.kill(process, signal.SIGKILL)
        self.fails_with("paused", "The plugin's process was killed by signal 9 (SIGKILL)")

    def test_a_hung_task_is_ended(self):
        worker = self.worker
        for where, how in (("task.poll", "spin"), ("task.poll", "hang"), ("task.stop", "hang"), ("connector.stop", "hang")):
            name = f"{where.replace('.', '-')}-{how}"
            with self.subTest(where=where, how=how):
                worker.create(name, self.config(where, how))
                if where != "task.poll":
                    worker.wait_running(name)
                wait_until(lambda: len(children(worker.pid())) == 2, TRUTH_SECONDS, lambda: str(children(worker.pid())))
                worker.delete(name)
                wait_until(lambda: not children(worker.pid()), TRUTH_SECONDS + 5, lambda: str(children(worker.pid())))

    def test_memory_has_a_limit(self):
        self.worker.create("leaks", self.config("task.poll", "leak", **{"sluice.isolation.memory.max": str(MEMORY_MAX)}))
        self.fails_with("leaks", f"may allocate {MEMORY_MAX} bytes (sluice.isolation.memory.max)", seconds=15)
        self.worker.create("modest", self.config("", **{"sluice.isolation.memory.max": str(MEMORY_MAX)}))
        wait_until(lambda: self.written("modest") > 20, 10)

    def test_processor_time_has_a_limit(self):
        self.worker.create("spins", self.config("task.poll", "spin", **{"sluice.isolation.cpu.max": "0.2"}))
        wait_until(lambda: len(children(self.worker.pid())) == 2, TRUTH_SECONDS)
        processes = children(self.worker.pid())  # the connector's does nothing
        time.sleep(0.5)
        began, before = time.monotonic(), sum(map(cpu_seconds, processes))
        time.sleep(4)
        share = (sum(map(cpu_seconds, processes)) - before) / (time.monotonic() - began)
        self.assertLess(share, 0.26)
        self.assertGreater(share, 0.05)

    def test_processes_end_with_the_worker(self):
        self.worker.create("orphans", self.config(""))
        self.worker.wait_running("orphans")
        processes = children(self.worker.pid())
        self.assertEqual(len(processes), 2)
        self.worker.kill()
        wait_until(lambda: not any(pathlib.Path(f"/proc/{p}/cmdline").exists() and pathlib.Path(f"/proc/{p}/cmdline").read_bytes()
                                   for p in processes), TRUTH_SECONDS)

    def test_secrets_stay_on_the_socket(self):
        self.worker.create("quiet", self.config("", **{"crash.password": "hunter2-canary"}))
        self.worker.wait_running("quiet")
        for process in children(self.worker.pid()):
            for file in ("cmdline", "environ"):
                self.assertNotIn(b"hunter2-canary", pathlib.Path(f"/proc/{process}/{file}").read_bytes())

    def test_values_are_validated(self):
        def errors(**values):
            body = {**self.config(""), "name": "v", **values}
            answer = self.worker.request("PUT", "/connector-plugins/CrashSource/config/validate", body)[1]
            return {config["value"]["name"]: config["value"]["errors"] for config in answer["configs"] if config["value"]["errors"]}

        self.assertEqual(errors(), {})
        self.assertEqual(errors(**{"sluice.isolation": "proces"}),
                         {"sluice.isolation": ["Invalid value proces for configuration sluice.isolation: String must be one of: none, process"]})
        self.assertIn("sluice.isolation.memory.max", errors(**{"sluice.isolation.memory.max": "5"}))
        self.assertIn("sluice.isolation.cpu.max", errors(**{"sluice.isolation.cpu.max": "-1"}))
        plain = self.worker.request("PUT", "/connector-plugins/CrashSource/config/validate",
                                    {"connector.class": "CrashSource", "name": "v"})[1]
        self.assertNotIn("sluice.isolation", str(plain))


if __name__ == "__main__":
    unittest.main()
