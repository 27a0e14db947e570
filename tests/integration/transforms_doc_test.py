#!/usr/bin/env python3
"""docs/transforms.md is true: each of its examples is run, each table of keys is what the worker answers, and each transform and predicate of
smt/builtin.cc has its section.

An example is a run of fenced JSON blocks. `json config` holds the keys of a connector (`json config source`: of a source), for the examples that
follow it in its section; `json before` a record, `json after` what the last transform leaves of it: members that are not written are null, 0 or
empty, null is a record that was dropped, {"error": "text"} one that failed.
"""
import decimal
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from worker import ROOT, Worker  # noqa: E402

PAGE = ROOT / "docs" / "transforms.md"
DEFAULTS = {"partition": None, "offset": 0, "timestamp": None, "key": None, "value": None, "headers": []}
NO_DEFAULT = ("", "none", "required")


def exact(text):
    return json.loads(text, parse_float=decimal.Decimal)


def texts(value):
    """JSON for a request, numbers as they were written."""
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{texts(item)}" for key, item in value.items()) + "}"
    return "[" + ",".join(map(texts, value)) + "]" if isinstance(value, list) else json.dumps(value)


def terse(value):
    """Without the `"optional": false` that JsonConverter writes into every schema."""
    if isinstance(value, dict):
        return {key: terse(item) for key, item in value.items() if not (key == "optional" and item is False and "type" in value)}
    return [terse(item) for item in value] if isinstance(value, list) else value


class Example:
    def __init__(self, section, line, config, kind, before):
        self.section, self.line, self.config, self.kind, self.before, self.after = section, line, config, kind, before, None


class Section:
    def __init__(self, title):
        self.title, self.classes, self.keys, self.examples = title, [], {}, []


def read_page(text):
    """The sections of the page: their classes, tables of keys and examples."""
    sections, config, kind, block, lines = [Section("")], None, None, None, []
    for number, line in enumerate(text.splitlines(), 1):
        if block is None and line.startswith("## ") or line.startswith("### "):
            sections.append(Section(line.lstrip("# ")))
            config = None
        elif block is None and line.startswith("Class: "):
            sections[-1].classes += re.findall(r"`([^`]+)`", line)
        elif block is None and (row := re.match(r"\| `([^`]+)` \| ([^|]*) \|", line)):
            sections[-1].keys[row[1]] = row[2].strip().strip("`")
        elif block is None and line.startswith("```json "):
            block, lines = line.split()[1:], []
        elif line == "```" and block is not None:
            content, what, block = exact("\n".join(lines)), block, None
            if what[0] == "config":
                config, kind = content, "source" if "source" in what else "sink"
            elif what == ["before"]:
                assert config is not None, f"line {number}: no `json config` before this record"
                sections[-1].examples.append(Example(sections[-1], number, config, kind, content))
            elif what == ["after"]:
                assert sections[-1].examples and sections[-1].examples[-1].after is None, f"line {number}: no `json before` for this record"
                sections[-1].examples[-1].after = (content,)
            else:
                raise AssertionError(f"line {number}: there is no kind of block '{' '.join(what)}'")
        elif block is not None:
            lines.append(line)
    return sections


def built_in(names):
    """The classes in one of the lists of smt/builtin.cc."""
    source = (ROOT / "smt" / "builtin.cc").read_text()
    return set(re.findall(r'\{"([\w.$]+)"', source[source.index(f"{names} = {{"):].split("};")[0]))


class TransformsPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.worker = Worker(pathlib.Path(folder.name) / "worker", {"bootstrap.servers": "embedded"})
        cls.addClassCleanup(cls.worker.kill)
        cls.worker.start(tied=True)
        cls.sections = read_page(PAGE.read_text())

    def outcome(self, example):
        """What the worker makes of it, in the form of an `after`."""
        body = texts({"config": example.config, "kind": example.kind, "records": [example.before]})
        status, answer = self.worker.request("POST", "/sluice/v1/transforms/preview", body)
        self.assertEqual(status, 200, answer)
        record = exact(json.dumps(answer))["records"][0]
        return {"error": record["error"]["message"]} if record["outcome"] == "failed" else record["record"]

    def test_examples(self):
        count = 0
        for section in self.sections:
            for example in section.examples:
                with self.subTest(section=section.title, line=example.line):
                    self.assertIsNotNone(example.after, "no `json after`")
                    expected, = example.after
                    if expected is not None and "error" not in expected:
                        expected = {**DEFAULTS, **expected}
                        if example.kind == "source":
                            del expected["offset"]
                    self.assertEqual(terse(self.outcome(example)), terse(expected))
                    count += 1
        self.assertGreater(count, 25)

    def test_every_transform_and_predicate_has_a_section(self):
        described = [name for section in self.sections for name in section.classes]
        self.assertEqual(sorted(described), sorted(set(described)), "described twice")
        wanted = built_in("kTransforms") | built_in("kPredicates")
        self.assertGreater(len(wanted), 9)
        self.assertEqual(set(described) ^ wanted, set(), "docs/transforms.md and smt/builtin.cc differ in these classes")

    def test_every_section_shows_its_transform_at_work(self):
        for section in self.sections:
            if section.classes:
                used = {text for example in section.examples for text in example.config.values()}
                self.assertTrue(used & set(section.classes), f"no example in section '{section.title}' uses its class")

    def test_tables_of_keys_are_what_the_worker_answers(self):
        for section in self.sections:
            for name in section.classes:
                with self.subTest(name=name):
                    keys = {key["name"]: key for key in self.worker.get(f"/connector-plugins/{name}/config")}
                    self.assertEqual(set(section.keys), set(keys))
                    # A connector's configuration has meanings of its own for these.
                    self.assertEqual(set(keys) & {"type", "predicate", "negate", "plugin.version"}, set())
                    for key, said in section.keys.items():
                        default = keys[key]["default_value"]
                        if keys[key]["required"]:
                            self.assertEqual(said, "required", key)
                        elif said not in NO_DEFAULT or default:
                            self.assertEqual(said, default, key)


if __name__ == "__main__":
    unittest.main()
