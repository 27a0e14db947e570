#!/usr/bin/env python3
"""A standalone worker as a process: Java's worker file, connector files, signals, exit codes, vanished input, full disk, dead broker."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from kafka import Kafka  # noqa: E402
from service import free_ports  # noqa: E402
from worker import Worker, build_dir, sluice_binary, wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]

# As Kafka ships it, comments and all, but for the addresses and places that a user fills in.
JAVA_STANDALONE_PROPERTIES = """\
# These are defaults. This file just demonstrates how to override some settings.
bootstrap.servers={bootstrap}

key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=true
value.converter.schemas.enable=true

offset.storage.file.filename={folder}/connect.offsets
# Flush much faster than normal, which is useful for testing/debugging
offset.flush.interval.ms=10000
listeners={url}
plugin.path={plugins}
"""


def run(arguments, seconds=30):
    return subprocess.run([str(sluice_binary()), *map(str, arguments)], capture_output=True, text=True, timeout=seconds)


class Standalone(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def worker(self, properties=None, connectors=()):
        worker = Worker(self.folder / "worker", {"bootstrap.servers": "embedded", **(properties or {})}, connectors)
        self.addCleanup(worker.kill)
        return worker

    def source_config(self, text, topic):
        return {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(text), "topic": topic}

    def lines_of(self, path):
        return sorted(path.read_text().splitlines()) if path.exists() else []

    def offset_position(self, worker, name):
        offsets = worker.get(f"/connectors/{name}/offsets")["offsets"]
        return offsets[0]["offset"]["position"] if offsets else None

    def test_usage_and_exit_codes(self):
        self.assertEqual(run([]).returncode, 1)
        self.assertEqual(run(["standalone"]).returncode, 1)
        self.assertEqual(run(["--version"]).returncode, 0)
        self.assertEqual(run(["nonsense"]).returncode, 1)
        self.assertEqual(run(["distributed", "w.properties"]).returncode, 2)
        missing = run(["standalone", self.folder / "no.properties"])
        self.assertEqual(missing.returncode, 2)
        self.assertIn("no.properties", missing.stderr)
        bad = self.folder / "bad.properties"
        bad.write_text("bootstrap.servers=embedded\noffset.storage.file.filename=x\n")
        refused = run(["standalone", bad])
        self.assertEqual(refused.returncode, 2)
        self.assertIn("key.converter", refused.stderr)

    def test_connector_file_that_cannot_be_used(self):
        worker_file = self.folder / "w.properties"
        worker_file.write_text(JAVA_STANDALONE_PROPERTIES.format(bootstrap="embedded", folder=self.folder, plugins=build_dir() / "plugins",
                                                                url=f"http://127.0.0.1:{free_ports(1)[0]}"))
        nameless = self.folder / "nameless.json"
        nameless.write_text('{"connector.class": "FileStreamSink"}')
        result = run(["standalone", worker_file, nameless])
        self.assertEqual(result.returncode, 3)
        self.assertIn("is missing the mandatory 'name' configuration", result.stderr)

    def test_java_worker_file_connector_files_and_drain(self):
        text = self.folder / "in.txt"
        text.write_text("one\ntwo\n")
        properties_file = self.folder / "source.properties"
        properties_file.write_text("".join(f"{k}={v}\n" for k, v in {"name": "lines", **self.source_config(text, "t")}.items()))
        json_file = self.folder / "sink.json"
        json_file.write_text(json.dumps({"name": "out", "config": {"connector.class": "FileStreamSink", "topics": "t", "tasks.max": "1",
                                                                   "file": str(self.folder / "out.txt")}}))
        worker_file = self.folder / "w.properties"
        url = f"http://127.0.0.1:{free_ports(1)[0]}"
        worker_file.write_text(JAVA_STANDALONE_PROPERTIES.format(bootstrap="embedded", folder=self.folder, url=url, plugins=build_dir() / "plugins"))
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen([str(sluice_binary()), "standalone", str(worker_file), str(properties_file), str(json_file)], stderr=log, stdout=log)
        self.addCleanup(process.kill)
        # The embedded broker makes topics of several partitions: the order of the two is open.
        wait_until(lambda: self.lines_of(self.folder / "out.txt") == ["one", "two"], 30, lambda: (self.folder / "log").read_text())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        log = (self.folder / "log").read_text()
        for line in ("Kafka Connect worker initializing ...", "Kafka Connect started", "Kafka Connect stopping", "Kafka Connect stopped",
                     "REST server listening at " + url):
            self.assertIn(line, log)
        # Flushed by the drain, long before the interval; Java reads it.
        reader = ROOT / "tests/golden/offsets/WriteOffsets.java"
        read = subprocess.run(["java", str(reader), "read", str(self.folder / "connect.offsets")], capture_output=True, text=True, timeout=120)
        self.assertEqual(read.stdout, f'["lines",{{"filename":"{text}"}}]\t{{"position":8}}\n', read.stderr)

    def test_takes_over_from_a_java_offsets_file(self):
        offsets = self.folder / "offsets"
        offsets.write_bytes((ROOT / "tests/golden/offsets/three.offsets").read_bytes())
        with self.worker({"offset.storage.file.filename": str(offsets)}) as worker:
            worker.create("local-file-source", self.source_config("/tmp/in.txt", "t"))
            self.assertEqual(self.offset_position(worker, "local-file-source"), 42)

    def test_damaged_offsets_file_is_left_alone(self):
        offsets = self.folder / "offsets"
        offsets.write_bytes(b"not an offsets file")
        worker_file = self.folder / "w.properties"
        worker_file.write_text(JAVA_STANDALONE_PROPERTIES.format(bootstrap="embedded", folder=self.folder, plugins=build_dir() / "plugins",
                                                                url=f"http://127.0.0.1:{free_ports(1)[0]}").replace("/connect.offsets", "/offsets"))
        result = run(["standalone", worker_file])
        self.assertEqual(result.returncode, 2)
        self.assertIn(str(offsets), result.stderr)
        self.assertEqual(offsets.read_bytes(), b"not an offsets file")

    def test_signal_while_no_broker_answers(self):
        worker_file = self.folder / "w.properties"
        worker_file.write_text(JAVA_STANDALONE_PROPERTIES.format(bootstrap=f"127.0.0.1:{free_ports(1)[0]}", folder=self.folder,
                                                                plugins=build_dir() / "plugins", url=f"http://127.0.0.1:{free_ports(1)[0]}"))
        process = subprocess.Popen([str(sluice_binary()), "standalone", str(worker_file)], stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        time.sleep(1)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10), 0)

    def test_structured_log_in_a_file(self):
        log = self.folder / "log.json"
        with self.worker({"sluice.log.format": "json", "sluice.log.file": str(log)}) as worker:
            worker.create("in", self.source_config(self.folder / "in.txt", "t"))
            worker.wait_running("in")
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertTrue(any("Kafka Connect started" in line["message"] for line in lines))
        self.assertTrue(any((line.get("connector"), line.get("task")) == ("in", 0) for line in lines), "no line names the task")
        self.assertTrue(all({"time", "level", "logger", "message"} <= line.keys() for line in lines))

    def test_secrets_are_resolved_for_use_and_never_shown(self):
        secrets = self.folder / "secrets.properties"
        text = self.folder / "in.txt"
        text.write_text("one\n")
        secrets.write_text(f"where={text}\n")
        variable = f"${{file:{secrets}:where}}"
        with self.worker({"config.providers": "file", "config.providers.file.class": "FileConfigProvider"}) as worker:
            worker.create("in", {**self.source_config(variable, "t")})
            wait_until(lambda: self.offset_position(worker, "in") == 4, 20, worker.log_tail)
            self.assertEqual(worker.get("/connectors/in/config")["file"], variable)
            self.assertEqual(worker.get("/connectors/in/tasks")[0]["config"]["file"], variable)

    def test_input_file_that_vanishes_and_comes_back(self):
        text = self.folder / "in.txt"
        out = self.folder / "out.txt"
        with self.worker() as worker:
            worker.create("in", self.source_config(text, "t"))
            worker.create("out", {"connector.class": "FileStreamSink", "tasks.max": "1", "topics": "t", "file": str(out)})
            worker.wait_running("in")
            text.write_text("one\n")
            wait_until(lambda: self.lines_of(out) == ["one"], 30, worker.log_tail)
            text.rename(self.folder / "away")
            time.sleep(0.5)
            worker.wait_running("in")
            (self.folder / "away").rename(text)
            with text.open("a") as more:
                more.write("two\n")
            wait_until(lambda: self.lines_of(out) == ["one", "two"], 30, worker.log_tail)

    def test_full_disk_is_told_and_passes(self):
        text = self.folder / "in.txt"
        text.write_text("one\n")
        with self.worker({"offset.flush.interval.ms": "200"}) as worker:
            worker.create("in", self.source_config(text, "t"))
            wait_until(lambda: self.offset_position(worker, "in") == 4, 20, worker.log_tail)
            before = (worker.folder / "offsets").read_bytes()
            limits = resource.prlimit(worker.pid(), resource.RLIMIT_FSIZE)
            resource.prlimit(worker.pid(), resource.RLIMIT_FSIZE, (16, limits[1]))
            with text.open("a") as more:
                more.write("two\n")
            time.sleep(1.5)
            self.assertEqual(worker.request("GET", "/")[0], 200)
            self.assertEqual((worker.folder / "offsets").read_bytes(), before)
            resource.prlimit(worker.pid(), resource.RLIMIT_FSIZE, limits)
            wait_until(lambda: self.offset_position(worker, "in") == 8, 20, worker.log_tail)

    def test_hanging_plugin_does_not_hold_up_rest(self):
        plugins = f"{build_dir()}/plugins,{build_dir()}/test-plugins"
        if not (build_dir() / "test-plugins" / "hang" / "hang.so").exists():
            self.skipTest("the plugin 'hang' is not built")
        with self.worker({"plugin.path": plugins}) as worker:
            for where in ("connector.start", "connector.task_configs", "connector.validate", "task.start", "task.poll"):
                with self.assertRaises(OSError):
                    status, body = worker.request("POST", "/connectors", {"name": where, "config": {
                        "connector.class": "HangSource", "tasks.max": "1", "topic": "t", "hang.in": where}}, timeout=1)
                    if status == 201:
                        raise OSError("created: it hangs later")
            begun = time.monotonic()
            for _ in range(20):
                self.assertEqual(worker.request("GET", "/connectors", timeout=2)[0], 200)
            self.assertLess(time.monotonic() - begun, 2)
            worker.delete("connector.start")
            self.assertEqual(worker.request("GET", "/health", timeout=5)[0], 200)
            begun = time.monotonic()
            worker.stop()
            self.assertLess(time.monotonic() - begun, 25)


class DeadBroker(unittest.TestCase):
    def test_broker_that_dies_and_comes_back(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            kafka = Kafka(folder / "kafka")
            self.addCleanup(kafka.kill)
            kafka.start(tied=True)
            text = folder / "in.txt"
            text.write_text("one\n")
            with Worker(folder / "worker", {"bootstrap.servers": kafka.bootstrap, "offset.flush.interval.ms": "200"}) as worker:
                worker.create("in", {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(text), "topic": "t"})
                worker.wait_running("in")
                self.assertEqual(kafka.consume("t", 1), ["one"])
                kafka.kill()
                with text.open("a") as more:
                    more.write("two\nthree\n")
                time.sleep(2)
                self.assertEqual(worker.request("GET", "/connectors")[0], 200)
                kafka.start(tied=True)
                self.assertEqual(kafka.consume("t", 3), ["one", "two", "three"])
                worker.wait_running("in")


if __name__ == "__main__":
    unittest.main()
