#!/usr/bin/env python3
"""The reports of bench/side_by_side: ratios never cross rounds, wrong counts are told, tables land between the page's markers."""
import pathlib
import sys
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench" / "side_by_side"), str(ROOT / "tests" / "services")]
import docs  # noqa: E402
import report  # noqa: E402


def run(side, round_, cpu_s, again=False, **more):
    return {"row": "c", "case": "bytes", "flow": "source", "side": side, "again": again, "round": round_, "records": 1000, "expected": 1000, "digest": "",
            "worker_cpu_s": cpu_s, "broker_cpu_s": 1, "records_per_s": 100, "rss_kb": 2048, "first_s": 0.5, **more}


# The machine was twice as slow in the second round; the ratio was the same.
RUNS = [run("bare", 0, 1.0), run("bare", 0, 3.0, True), run("java-1g", 0, 20.0), run("bare", 1, 4.0), run("bare", 1, 4.0, True), run("java-1g", 1, 44.0)]
RESULTS = {"machine": {"processor": "p", "cores": 2, "memory_gb": 8, "kernel": "6", "load_before": 0.0, "java": "17", "commit": "abc"},
           "given": {"scale": 1, "rounds": 2}, "runs": RUNS}


class Report(unittest.TestCase):
    def test_ratios_pair_runs_of_the_same_round(self):
        self.assertEqual(report.paired(RUNS, "java-1g", "bare", report.CPU), [10.0, 11.0])
        self.assertEqual(report.against_itself(RUNS, "bare", report.CPU), [3.0, 1.0])
        self.assertEqual(report.against_itself(RUNS, "java-1g", report.CPU), [])

    def test_a_table_has_medians_and_ranges(self):
        header, lines = report.case_table("source", RUNS)
        self.assertEqual(lines[1][0], "java-1g")
        self.assertEqual(lines[1][header.index("CPU-s per million")], "32,000 (20,000 to 44,000)")
        self.assertEqual(lines[1][header.index("CPU-s per million: over bare")], "10.5 (10 to 11)")

    def test_a_failed_run_is_told_and_counts_for_nothing(self):
        runs = [*RUNS, {"row": "c", "case": "bytes", "flow": "source", "side": "java-1g", "again": False, "round": 2, "error": "it broke"}]
        self.assertEqual(report.case_table("source", runs)[1][1][0], "java-1g (1 failed)")
        self.assertEqual(report.wrong(runs), ["c: bytes, java-1g, round 3: it broke"])

    def test_wrong_counts_and_different_bytes_are_told(self):
        self.assertEqual(report.wrong(RUNS), [])
        self.assertIn("999 records at the destination, not 1000", report.wrong([run("bare", 0, 1, records=999)])[0])
        self.assertIn("different bytes", report.wrong([run("sluice", 0, 1, digest="1"), run("java-1g", 0, 1, digest="2")])[0])
        # The same name in another row is other work.
        self.assertEqual(report.wrong([run("sluice", 0, 1, digest="1"), run("sluice", 0, 1, digest="2", row="d")]), [])

    def test_numbers_have_three_digits_and_no_exponent(self):
        self.assertEqual([report.number(value) for value in (0, 0.01234, 1.5, 123.4, 1234.5, 1234567)], ["0", "0.0123", "1.5", "123", "1,230", "1,230,000"])

    def test_pictures_are_well_formed(self):
        markdown, pictures = docs.section(RESULTS, "performance")
        self.assertIn("![Generated records to topic](performance/c.svg)", markdown)
        bars = xml.etree.ElementTree.fromstring(pictures["c"]).iter("{http://www.w3.org/2000/svg}title")
        self.assertEqual([bar.text for bar in bars], ["bare", "java-1g"] * 2)

    def test_the_page_keeps_what_is_outside_its_markers(self):
        text = docs.replaced(f"before\n{docs.BEGIN}\nold\n{docs.END}\nafter\n", "new")
        self.assertEqual(text, f"before\n{docs.BEGIN}\n\nnew\n\n{docs.END}\nafter\n")
        with self.assertRaises(ValueError):
            docs.replaced(f"{docs.END}{docs.BEGIN}", "new")
        self.assertEqual(docs.replaced((ROOT / "docs" / "performance.md").read_text(), "").count(docs.BEGIN), 1)


if __name__ == "__main__":
    unittest.main()
