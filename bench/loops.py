#!/usr/bin/env python3
"""Runs plain librdkafka loops and worker tasks in alternation, prints medians and ratios beside their budgets.

Every comparison runs `bare` twice a round (an A/A pair): the ratio of these two says how far noise alone goes.
Standard library only.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import uuid

# name, mode pair, options, budget (CPU over bare), expected bytes of a value (0: not checked)
SOURCES = [
    ("source, bytes 100 B", ["--shape", "bytes", "--converter", "bytes"], 1.10),
    ("source, envelope as JSON", ["--shape", "envelope", "--converter", "json"], 1.35),
    ("source, envelope as JSON with schemas", ["--shape", "envelope", "--converter", "json-schemas"], 1.15),
]
SINKS = [
    ("sink, bytes 100 B, dropped", ["--shape", "bytes", "--converter", "bytes"], 1.25, None),
    ("sink, JSON envelope decoded", ["--shape", "envelope", "--converter", "json"], None, 1.0),
    ("sink, JSON with schemas decoded", ["--shape", "envelope", "--converter", "json-schemas"], None, 2.0),
]


def run(bench, mode, options):
    out = subprocess.run([bench, mode] + options, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(out.stdout.strip().splitlines()[-1])


def cpu(figures):
    return figures["cpu_seconds"] / figures["records"] * 1e6


def rate(figures):
    return figures["records"] / figures["seconds"]


class Kafka:
    def __init__(self, directory):
        self.script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "services", "kafka.py")
        self.directory = directory
        self.bootstrap = subprocess.run([sys.executable, self.script, "bootstrap", directory], check=True,
                                        stdout=subprocess.PIPE, text=True).stdout.strip()

    def topic(self):
        return "bench-" + uuid.uuid4().hex[:12]  # the broker creates it, with one partition

    def delete(self, name):
        subprocess.run([sys.executable, self.script, "tool", "TopicCommand", "--bootstrap-server", self.bootstrap, "--delete", "--topic", name],
                       check=False, stdout=subprocess.DEVNULL)


def median_range(values):
    return "%.3g (%.3g-%.3g)" % (statistics.median(values), min(values), max(values))


def report(writer, name, sides, budget_ratio, budget_absolute):
    bare = [cpu(f) for f in sides["bare"]]
    again = [cpu(f) for f in sides["bare again"]]
    task = [cpu(f) for f in sides["task"]]
    ratio = statistics.median(t / ((a + b) / 2) for t, a, b in zip(task, bare, again))
    noise = statistics.median(b / a for a, b in zip(bare, again))
    print("\n%s" % name)
    for side, figures in sides.items():
        print("  %-11s CPU-s per million %-24s records/s %-28s value %d B, RSS %d MB" % (
            side, median_range([cpu(f) for f in figures]), median_range([rate(f) for f in figures]),
            figures[0]["value_bytes"] // figures[0]["records"] if figures[0]["value_bytes"] else 0, max(f["rss_max_kb"] for f in figures) // 1024))
        for f in figures:
            writer.writerow([name, side, f["records"], f["seconds"], f["cpu_seconds"], f["rss_max_kb"]])
    verdict = []
    if budget_ratio is not None:
        verdict.append("CPU over bare %.2fx (budget %.2fx: %s)" % (ratio, budget_ratio, "met" if ratio <= budget_ratio else "MISSED"))
    else:
        value = statistics.median(task)
        verdict.append("%.2f CPU-s per million (budget %.2f: %s), %.2fx bare" % (
            value, budget_absolute, "met" if value <= budget_absolute else "MISSED", ratio))
    print("  => %s; bare against itself %.2fx" % (verdict[0], noise))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--csv", required=True)
    parser.add_argument("--filter", default="")
    args = parser.parse_args()
    kafka = Kafka(args.kafka)
    with open(args.csv, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["work", "side", "records", "seconds", "cpu_seconds", "rss_max_kb"])
        for name, options, budget in SOURCES:
            if args.filter not in name:
                continue
            records = args.records // 4 if "schemas" in name else args.records
            sides = {"bare": [], "bare again": [], "task": []}
            for _ in range(args.rounds):
                for side, mode in (("bare", "bare-produce"), ("task", "task-source"), ("bare again", "bare-produce")):
                    topic = kafka.topic()
                    sides[side].append(run(args.bench, mode, ["--bootstrap", kafka.bootstrap, "--topic", topic, "--records", str(records)] + options))
                    kafka.delete(topic)
            report(writer, name, sides, budget, None)
        for name, options, budget_ratio, budget_absolute in SINKS:
            if args.filter not in name:
                continue
            records = args.records // 4 if "schemas" in name else args.records
            topic = kafka.topic()
            run(args.bench, "bare-produce", ["--bootstrap", kafka.bootstrap, "--topic", topic, "--records", str(records)] + options)
            sides = {"bare": [], "bare again": [], "task": []}
            for _ in range(args.rounds):
                for side, mode in (("bare", "bare-consume"), ("task", "task-sink"), ("bare again", "bare-consume")):
                    sides[side].append(run(args.bench, mode, ["--bootstrap", kafka.bootstrap, "--topic", topic, "--records", str(records)] + options))
            kafka.delete(topic)
            report(writer, name, sides, budget_ratio, budget_absolute)
    return 0


if __name__ == "__main__":
    sys.exit(main())
