#!/usr/bin/env python3
"""Replays the recorded transcripts of Kafka Connect's REST API (tests/golden/rest) against the built standalone worker.

Transcripts of standalone mode must match as they are. The others were recorded in distributed mode; the REST layer is the same, and what
a standalone worker answers otherwise is listed here, each with its reason. `rest_transcripts_test.py FILE...` replays only these.
"""
import io
import json
import os
import pathlib
import random
import string
import sys
import tempfile
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden" / "rest"
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE.parent / "services"), str(GOLDEN)]

import rest_replay  # noqa: E402
from kafka import Kafka  # noqa: E402
from service import free_ports  # noqa: E402
from worker import Worker, build_dir  # noqa: E402

CLUSTER_ONLY = {
    "forwarding.json": "two workers",
    "internal-eager.json": "endpoints that a standalone worker refuses",
    "internal-endpoints.json": "endpoints that a standalone worker refuses",
}

# Steps (counted from 1) that a standalone worker answers differently, as Kafka Connect's own standalone worker does.
DIFFERENCES = {
    "create-source.json": {28: "PUT stop of an unknown connector is 500", 29: "so is its restart", 31: "and the restart of its task",
                           32: "the topics of a deleted connector stay"},
    "huge.json": {2: "there is no config topic that could refuse a large record", 3: "so the connector exists"},
    "pause-resume-stop.json": {19: "a stopped connector has no task to restart, and no leader to ask"},
    "restart.json": {21: "Task X not found instead of Unknown task", 22: "the same"},
    "topics.json": {20: "the topics of a deleted connector stay"},
}
# Steps that a standalone worker of Kafka Connect answers in another way, with its answer: what follows needs them to have happened.
ANSWERS = {
    "create-errors.json": {28: (500, "Invalid value 0 for configuration replication.factor: Replication factor must be positive and not larger than the "
                                     "number of brokers in the Kafka cluster, or -1 to use the broker's default")},  # it waits for the connector's start
}
# Steps whose answers are Java's alone.
NOT_JAVA = {
    "plugins.json": {24: "a class of the Java platform that is no plugin"},
}
# Steps that do not match yet, and what is missing. Remove a line together with its reason.
SMTS = "transformations that are not built yet"
MISSING = {
    "plugins.json": {step: SMTS for step in (3, 4, 8, 9, 11, 13, 14, 15, 16)},
    "validate-full-sink.json": {1: SMTS},
    "validate-transforms.json": {step: SMTS for step in (1, 2, 3, 4, 5, 7, 10, 11, 13, 14, 24, 25)},
}


def prefix():
    return "zq" + "".join(random.choice(string.ascii_lowercase) for _ in range(6)) + "-"


def for_standalone(name, transcript):
    """The steps to replay, and how many were left out. A standalone worker creates tasks before it answers; a cluster's leader does not."""
    if transcript["worker"]["mode"] == "standalone":
        return transcript["steps"], 0
    skipped = {**DIFFERENCES.get(name, {}), **NOT_JAVA.get(name, {}), **MISSING.get(name, {})}
    steps = []
    for index, step in enumerate(transcript["steps"], 1):
        if index in skipped:
            continue
        if index in ANSWERS.get(name, {}):
            status, message = ANSWERS[name][index]
            body = json.dumps({"error_code": status, "message": message}, separators=(",", ":"))
            step = dict(step, expect={"status": status, "headers": {"Content-Type": "application/json"}, "body": body})
            step.pop("unordered", None)
        if step.get("expect", {}).get("status") in (200, 201) and step["method"] in ("POST", "PUT", "PATCH"):
            step = dict(step, loose=step.get("loose", []) + [{"at": "/tasks", "rule": "any", "why": "created before the answer"}])
        steps.append(step)
    return steps, len(skipped)


class TranscriptsTest(unittest.TestCase):
    kafka = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="rest-transcripts-")
        cls.bootstrap = os.environ.get("SLUICE_TEST_BOOTSTRAP")
        if not cls.bootstrap:
            cls.kafka = Kafka(pathlib.Path(cls.folder.name) / "kafka")
            cls.kafka.start(tied=True)
            cls.bootstrap = cls.kafka.bootstrap

    @classmethod
    def tearDownClass(cls):
        if cls.kafka:
            cls.kafka.remove()
        cls.folder.cleanup()

    def replay_profile(self, files):
        """One fresh worker for all transcripts of a profile."""
        transcripts = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in files}
        spec = next(iter(transcripts.values()))["worker"]
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder.name))
        shared = {"TMP": str(folder), "BOOTSTRAP": self.bootstrap, "PREFIX": prefix()}
        ports = free_ports(2)
        shared["BASE"], shared["ADMIN"] = ("http://127.0.0.1:%d" % port for port in ports)
        for name, text in spec.get("files", {}).items():
            (folder / name).write_text(rest_replay.subst(text, shared), encoding="utf-8")
        properties = {"bootstrap.servers": self.bootstrap, "listeners": shared["BASE"], "offset.flush.interval.ms": "500",
                      "plugin.path": str(build_dir() / "plugins" / "file"),  # as recorded: no other connectors
                      **rest_replay.subst_deep(spec.get("properties", {}), shared)}
        connectors = [folder / name for name in spec.get("connector_files", [])]
        with Worker(folder / "worker", properties, connectors) as worker:
            for name, transcript in transcripts.items():
                with self.subTest(transcript=name):
                    given = dict(shared) if connectors else {**shared, "PREFIX": prefix()}
                    self.replay(name, transcript, rest_replay.default_variables(worker.url, given))
                if not connectors:
                    self.delete_all(worker)

    @staticmethod
    def delete_all(worker):
        """What a step left out would have deleted, or could not be addressed, is in the way of the next transcript."""
        for name in worker.get("/connectors"):
            worker.request("DELETE", "/connectors/" + urllib.parse.quote(name, safe=""))

    def replay(self, name, transcript, variables):
        steps, skipped = for_standalone(name, transcript)
        path = pathlib.Path(variables["TMP"]) / ("replayed-" + name)
        path.write_text(json.dumps({**transcript, "steps": steps}), encoding="utf-8")
        report = io.StringIO()
        passed, failed = rest_replay.replay(str(path), variables, out=report)
        print(f"{name}: {passed} passed, {failed} failed, {skipped} left out", flush=True)
        if failed:
            lines = report.getvalue().splitlines()
            self.fail("\n".join(line for line in lines if not line.startswith("ok ")))


def add_tests(names):
    """One test for each profile, so that each has a worker of its own."""
    profiles = {}
    for path in sorted(GOLDEN.glob("*.json")):
        if path.name in CLUSTER_ONLY or (names and path.name not in names):
            continue
        profiles.setdefault(json.loads(path.read_text(encoding="utf-8"))["worker"]["profile"], []).append(path)
    for profile, files in profiles.items():
        setattr(TranscriptsTest, "test_" + profile.replace("-", "_"), lambda self, chosen=files: self.replay_profile(chosen))


if __name__ == "__main__":
    chosen = [os.path.basename(argument) for argument in sys.argv[1:] if argument.endswith(".json")]
    add_tests(chosen)
    unittest.main(argv=[sys.argv[0]] + [argument for argument in sys.argv[1:] if not argument.endswith(".json")])
