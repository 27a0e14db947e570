#!/usr/bin/env python3
"""bench/check: what counts as a regression, and that every path has a committed figure."""
import importlib.machinery
import importlib.util
import json
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True  # a script without .py would leave its cache in bench/
loader = importlib.machinery.SourceFileLoader("check", str(ROOT / "bench" / "check"))
check = importlib.util.module_from_spec(importlib.util.spec_from_loader("check", loader))
sys.modules["check"] = check
loader.exec_module(check)


class BenchCheck(unittest.TestCase):
    def test_more_than_five_percent_fails(self):
        self.assertEqual(check.verdict(106, 100), (True, "+6.0%: MORE than the 5% allowed"))
        self.assertEqual(check.verdict(104, 100), (False, "+4.0%"))

    def test_much_less_is_told_and_fine(self):
        self.assertEqual(check.verdict(80, 100), (False, "-20.0%: better; commit it with --update"))

    def test_a_path_without_a_figure_fails(self):
        self.assertTrue(check.verdict(1, None)[0])

    def test_figures_and_paths_are_the_same(self):
        figures = json.loads((ROOT / "bench" / "instructions.json").read_text())["instructions"]
        self.assertEqual(list(figures), [path.name for path in check.PATHS])
        for path in check.PATHS:
            self.assertLess(path.iterations[0], path.iterations[1])


if __name__ == "__main__":
    unittest.main()
