#!/usr/bin/env python3
"""Previews of transform chains, at the endpoint of a worker and with `sluice transforms try`: the same answer from both, records of a topic, and
nothing left behind."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from worker import Worker, sluice_binary, wait_until  # noqa: E402

PATH = "/sluice/v1/transforms/preview"
CHAIN = {
    "transforms": "line,route,drop",
    "transforms.line.type": "org.apache.kafka.connect.transforms.HoistField$Value",
    "transforms.line.field": "line",
    "transforms.line.predicate": "gone",
    "transforms.line.negate": "true",
    "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "transforms.route.regex": "(.*)",
    "transforms.route.replacement": "copy-of-$1",
    "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
    "transforms.drop.predicate": "gone",
    "predicates": "gone",
    "predicates.gone.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
}
FAILING = {"transforms": "f", "transforms.f.type": "org.apache.kafka.connect.transforms.InsertField$Value", "transforms.f.topic.field": "t"}
RECORDS = [{"topic": "t", "key": 1, "value": "x", "headers": [{"key": "h", "value": "y"}]}, {"topic": "t", "key": 2}]


def run_try(*arguments, stdin=""):
    return subprocess.run([str(sluice_binary()), "transforms", *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=90)


class TransformsPreview(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.lines = cls.folder / "lines"
        cls.lines.write_text("".join(f"line {i}\n" for i in range(30)))
        cls.worker = Worker(cls.folder / "worker", {"bootstrap.servers": "embedded"})
        cls.addClassCleanup(cls.worker.kill)
        cls.worker.start(tied=True)
        cls.worker.create("lines", {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(cls.lines), "topic": "lines"})
        cls.worker.wait_running("lines")
        # Its offset is there: all lines are in the topic.
        wait_until(lambda: cls.worker.get("/connectors/lines/offsets")["offsets"], 20)

    def preview(self, body, expected=200):
        status, answer = self.worker.request("POST", PATH, body)
        self.assertEqual(status, expected, answer)
        return answer

    def files(self, chain, records):
        chain_file, records_file = self.folder / "chain.json", self.folder / "records.jsonl"
        chain_file.write_text(json.dumps(chain))
        records_file.write_text("".join(json.dumps(record) + "\n\n" for record in records))
        return chain_file, records_file

    def test_endpoint_and_command_give_the_same_answer(self):
        answer = self.preview({"config": CHAIN, "records": RECORDS})
        kept, dropped = answer["records"]
        self.assertEqual(kept["outcome"], "kept")
        self.assertEqual(kept["record"]["topic"], "copy-of-t")
        self.assertEqual(kept["record"]["value"], {"line": "x"})
        self.assertEqual([step["outcome"] for step in kept["steps"]], ["applied", "applied", "skipped"])
        self.assertEqual([step["changed"] for step in kept["steps"]], [["value"], ["topic"], []])
        self.assertEqual((dropped["outcome"], dropped["by"], dropped["record"]), ("dropped", "drop", None))
        command = run_try("try", "--json", *self.files(CHAIN, RECORDS))
        self.assertEqual(command.returncode, 0, command.stderr)
        self.assertEqual(json.loads(command.stdout), answer)
        # What came out goes in again.
        again = self.preview({"config": CHAIN, "records": [kept["record"]]})
        self.assertEqual(again["records"][0]["record"]["topic"], "copy-of-copy-of-t")

    def test_a_failure_is_told_with_its_step_and_reason(self):
        answer = self.preview({"config": FAILING, "records": RECORDS})["records"][0]
        self.assertEqual((answer["outcome"], answer["by"]), ("failed", "f"))
        self.assertEqual(answer["error"]["exception"], "org.apache.kafka.connect.errors.DataException")
        self.assertIn("Only Map objects supported", answer["error"]["message"])
        command = run_try("try", *self.files(FAILING, RECORDS))
        self.assertEqual(command.returncode, 3, command.stderr)
        self.assertIn("f: InsertField$Value failed", command.stdout)
        self.assertIn("Only Map objects supported", command.stdout)

    def test_the_text_shows_what_each_step_changed(self):
        chain, records = self.files({"name": "a", "config": {"connector.class": "FileStreamSink", **CHAIN}}, RECORDS)
        command = run_try("try", chain, "-", stdin=records.read_text())
        self.assertEqual(command.returncode, 0, command.stderr)
        for text in ['{"line":"x"}', '"copy-of-t"', "drop: Filter dropped", "line: HoistField$Value skipped (predicate not gone)"]:
            self.assertIn(text, command.stdout)

    def test_the_command_says_what_is_wrong(self):
        self.assertEqual(run_try().returncode, 1)
        self.assertEqual(run_try("try", "one").returncode, 1)
        self.assertEqual(run_try("try", "--kind", "both", "a", "b").returncode, 1)
        chain, records = self.files(CHAIN, RECORDS)
        missing = run_try("try", self.folder / "none.json", records)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("none.json", missing.stderr)
        broken = run_try("try", chain, "-", stdin='{"topic": "t"}\n{"topic": 5}\n')
        self.assertEqual(broken.returncode, 2)
        self.assertIn("records[1]: 'topic' is 5", broken.stderr)

    def test_properties_serve_as_well(self):
        chain = self.folder / "chain.properties"
        chain.write_text("".join(f"{key}={value}\n" for key, value in CHAIN.items()))
        self.assertEqual(run_try("try", chain, "-", stdin='{"topic": "t"}').returncode, 0)

    def test_records_of_a_topic(self):
        answer = self.preview({"config": CHAIN, "topic": {"name": "lines", "records": 3}})["records"]
        self.assertEqual([record["record"]["value"]["payload"]["line"] for record in answer], ["line 27", "line 28", "line 29"])
        self.assertEqual([record["input"]["offset"] for record in answer], [27, 28, 29])
        # With converters of the connector's own, one of which cannot read the lines.
        json_converter = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false"}
        answer = self.preview({"config": {**CHAIN, **json_converter}, "topic": {"name": "lines", "records": 1}})["records"][0]
        self.assertEqual((answer["outcome"], answer["by"], answer["steps"]), ("failed", "org.apache.kafka.connect.json.JsonConverter", []))
        self.assertEqual(self.preview({"config": CHAIN, "topic": {"name": "lines", "records": 100}})["records"][0]["input"]["offset"], 0)

    def test_looking_leaves_nothing_behind(self):
        for _ in range(2):  # the first did not create it
            answer = self.preview({"config": CHAIN, "topic": {"name": "nowhere"}}, 400)
            self.assertIn("Topic 'nowhere' does not exist", answer["message"])
        answer = self.preview({"config": CHAIN, "topic": {"name": "lines", "partition": 99}}, 400)
        self.assertIn("has no partition 99", answer["message"])
        self.preview({"config": CHAIN, "topic": {"name": "lines"}})
        self.assertEqual(self.worker.get("/connectors"), ["lines"])
        answer = self.preview({"config": CHAIN, "topic": {"name": "copy-of-lines"}}, 400)
        self.assertIn("does not exist", answer["message"])

    def test_secrets_are_not_resolved(self):
        secrets = self.folder / "secrets.properties"
        secrets.write_text("password=hunter2\n")
        worker = Worker(self.folder / "guarded", {"bootstrap.servers": "embedded", "config.providers": "file",
                                                  "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider"})
        self.addCleanup(worker.kill)
        worker.start(tied=True)
        chain = {"transforms": "a", "transforms.a.type": "org.apache.kafka.connect.transforms.InsertHeader", "transforms.a.header": "h",
                 "transforms.a.value.literal": f"${{file:{secrets}:password}}"}
        status, answer = worker.request("POST", PATH, {"config": chain, "records": RECORDS})
        self.assertEqual(status, 200, answer)
        self.assertNotIn("hunter2", json.dumps(answer))
        self.assertIn("transforms.a.value.literal", answer["notes"][0])


if __name__ == "__main__":
    unittest.main()
