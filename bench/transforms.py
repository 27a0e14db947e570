#!/usr/bin/env python3
"""Runs the benchmarks of transforms and prints each beside what Java takes and the factor it must reach.

A machine's speed cancels out: both sides are ratios to one KiB of SHA-256 on the same thread (README.md says what that is
worth). Figures are medians of repetitions run in random order, of CPU time; what restoring the records takes is
subtracted. Standard library only.
"""
import argparse
import csv
import json
import os
import statistics
import subprocess
import sys

RECORDS = 256  # in a batch of transforms_bench.cc
FACTOR_FROM_100_NS = 5.0
FACTOR_BELOW = 3.0
RATIO_EXACT_FROM = 0.2  # smaller ones are rounded too coarsely in the table: they are made of the nanoseconds
HERE = os.path.dirname(os.path.abspath(__file__))


def java_figures():
    with open(os.path.join(HERE, "java_transforms.csv"), newline="") as file:
        rows = [(row["what"], float(row["ns_per_record"]), float(row["ratio_to_sha256_1k"])) for row in csv.DictReader(file)]
    sha256_ns = statistics.median(ns / ratio for _, ns, ratio in rows if ratio >= 0.5)
    return [(what, ns, ratio if ratio >= RATIO_EXACT_FROM else ns / sha256_ns) for what, ns, ratio in rows]


def measure(bench, repetitions, pattern):
    out = subprocess.run(
        [bench, f"--benchmark_filter={pattern}", f"--benchmark_repetitions={repetitions}", "--benchmark_min_time=0.05",
         "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    times = {}
    for run in json.loads(out)["benchmarks"]:
        if run.get("error_occurred"):
            sys.exit(f"transforms: {run['run_name']}: {run['error_message']}")
        if run["run_type"] == "iteration":
            times.setdefault(run["run_name"], []).append(run["cpu_time"])
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default=os.path.join(HERE, "../build/bench/bin/sluice-bench-micro"))
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--strict", action="store_true", help="fail if a factor is missed")
    options = parser.parse_args()

    times = measure(options.bench, options.repetitions, "^(sha256_1k|transform/|chain/)")
    sha256_ns = times["sha256_1k"]
    restore_ns = times["transform/restore"] / RECORDS

    def record_ns(name):
        return max(times[name] / RECORDS - restore_ns, 0.1)

    print(f"SHA-256 of 1 KiB: {sha256_ns:.0f} ns; restoring a record: {restore_ns:.1f} ns\n")
    print("| transform | ns per record | ratio | Java's ratio | factor | |")
    print("|---|---:|---:|---:|---:|---|")
    missed = 0
    for what, java_ns, java_ratio in java_figures():
        ns = record_ns("transform/" + what)
        ratio = ns / sha256_ns
        wanted = FACTOR_FROM_100_NS if java_ns > 100 else FACTOR_BELOW
        met = java_ratio / ratio >= wanted
        missed += not met
        print(f"| {what} | {ns:.1f} | {ratio:.4f} | {java_ratio:.3f} | {java_ratio / ratio:.1f} | "
              f"{'' if met else 'missed '}{wanted:.0f}x |")

    parts = [name for name in times if name.startswith("chain/") and name != "chain/whole"]
    whole, total = record_ns("chain/whole"), sum(record_ns(name) for name in parts)
    print(f"\nA chain of {len(parts)}: {whole:.0f} ns a record; its parts: "
          + " + ".join(f"{record_ns(name):.0f}" for name in parts) + f" = {total:.0f} ns ({whole / total:.2f}x)")
    print(f"{missed} missed their factor" if missed else "All reach their factor")
    sys.exit(1 if missed and options.strict else 0)


if __name__ == "__main__":
    main()
