#!/usr/bin/env python3
"""Plugins that other people make: dropped into a running worker they are found and move records; bad ones are refused with a reason, hanging ones
cost their own connector only, and the worker runs on."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from worker import ROOT, Worker, build_dir, sluice_binary, wait_until  # noqa: E402

TEST_PLUGINS = build_dir() / "test-plugins"


def compile_plugin(source, library):
    """Builds one file against the SDK's headers, as somebody without our build would."""
    compiler = [os.environ.get("CC", "cc"), "-std=c11"] if source.suffix == ".c" else [os.environ.get("CXX", "c++"), "-std=c++20"]
    library.parent.mkdir(parents=True, exist_ok=True)
    temporary = library.with_suffix(".part")
    subprocess.run([*compiler, "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-I", str(ROOT / "plugins/sdk/include"),
                    f"-Wl,--version-script={ROOT / 'plugins/sdk/cmake/plugin.map'}", str(source), "-o", str(temporary)], check=True)
    temporary.rename(library)


class Plugins(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "plugins"
        self.path.mkdir()

    def start_worker(self):
        worker = Worker(self.folder / "worker", {"bootstrap.servers": "embedded", "plugin.path": f"{build_dir() / 'plugins'},{self.path}"})
        self.addCleanup(worker.kill)
        worker.start(tied=True)
        return worker

    def classes(self, worker):
        return [plugin["class"] for plugin in worker.get("/connector-plugins")]

    def test_plugins_in_c_and_cpp_dropped_into_a_running_worker_move_records(self):
        worker = self.start_worker()
        self.assertNotIn("TickCSource", self.classes(worker))
        for name, language, component in [("tick-c", "c", "TickCSource"), ("tick-cpp", "cc", "TickSource")]:
            compile_plugin(ROOT / "examples/plugins" / name / f"tick.{language}", self.path / name / f"{name}.so")
            wait_until(lambda: component in self.classes(worker), 10, lambda: f"{component} is not listed: {self.classes(worker)}")
            out = self.folder / f"{name}.txt"
            worker.create(name, {"connector.class": component, "topic": name, "interval.ms": "5"})
            worker.create(f"{name}-out", {"connector.class": "FileStreamSink", "topics": name, "file": str(out)})
            worker.wait_running(name)
            wait_until(lambda: out.exists() and len(out.read_text().splitlines()) >= 20, 30, lambda: f"no lines in {out}:\n{worker.log_tail()}")
            self.assertEqual(sorted(out.read_text().splitlines(), key=lambda line: int(line.split()[1]))[:3], ["tick 0", "tick 1", "tick 2"])
            worker.delete(f"{name}-out")
            worker.delete(name)

    def test_bad_plugins_are_refused_and_the_worker_runs_on(self):
        names = ["no_entry", "null_entry", "wrong_major", "new_minor", "truncated", "truncated_table", "crash_in_entry", "foreign"]
        for name in names:
            shutil.copy(TEST_PLUGINS / "bad" / f"{name}.so", self.path)
        good = (TEST_PLUGINS / "bad" / "good_1.so").read_bytes()
        (self.path / "half_copied.so").write_bytes(good[:len(good) // 2])
        worker = self.start_worker()
        log = (self.folder / "worker" / "server.log").read_text()
        for name in [*names, "half_copied"]:
            self.assertIn(f"{name}.so", log)
        listed = subprocess.run([str(sluice_binary()), "plugins", "list", str(self.path)], capture_output=True, text=True)
        self.assertEqual(listed.returncode, 1)
        for name in [*names, "half_copied"]:
            self.assertRegex(listed.stdout, rf"{name}\.so \S")
        shutil.copy(TEST_PLUGINS / "bad" / "throws.so", self.path)
        worker.create("throws", {"connector.class": "ThrowsSource"})
        wait_until(lambda: [task["state"] for task in worker.get("/connectors/throws/status")["tasks"]] == ["FAILED"], 10)
        self.assertIn("thrown in poll", worker.get("/connectors/throws/status")["tasks"][0]["trace"])
        self.assertIn("org.apache.kafka.connect.file.FileStreamSinkConnector", self.classes(worker))

    def test_a_probe_that_hangs_ends_with_whoever_started_it(self):
        library = TEST_PLUGINS / "bad" / "hang_in_entry.so"
        parent = subprocess.Popen(["sh", "-c", f"'{sluice_binary()}' plugins probe '{library}' & echo $!; wait"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        child = pathlib.Path("/proc") / parent.stdout.readline().strip()
        wait_until(lambda: "hang_in_entry" in (child / "maps").read_text(), 10, lambda: "the probe does not load the library")
        parent.kill()
        parent.wait()
        wait_until(lambda: not child.exists() or "State:\tZ" in (child / "status").read_text(), 10, lambda: "the probe lives on")

    def test_a_plugin_that_hangs_costs_its_own_connector_only(self):
        shutil.copytree(TEST_PLUGINS / "hang", self.path / "hang", ignore=shutil.ignore_patterns("CMakeFiles"))
        worker = self.start_worker()
        for place in ["connector.start", "connector.task_configs", "task.start", "task.poll", "task.stop"]:
            try:
                worker.request("POST", "/connectors", {"name": f"hang-{place}", "config": {"connector.class": "HangSource", "hang.in": place}}, timeout=3)
            except OSError:
                pass  # it answers when the connector has started, or after Connect's 90 s
            begun = time.monotonic()
            worker.get("/connectors")
            worker.get("/")
            self.assertLess(time.monotonic() - begun, 2, place)
        text = self.folder / "in.txt"
        text.write_text("line\n")
        out = self.folder / "out.txt"
        worker.create("good-in", {"connector.class": "FileStreamSource", "file": str(text), "topic": "lines"})
        worker.create("good-out", {"connector.class": "FileStreamSink", "file": str(out), "topics": "lines"})
        wait_until(lambda: out.exists() and out.read_text() == "line\n", 30, worker.log_tail)


if __name__ == "__main__":
    unittest.main()
