#!/usr/bin/env python3
"""Kafka Connect, Sluice and a plain librdkafka loop, side by side: the same work through the same broker, in alternation.

    bench/side_by_side/run.py                      all rows with all sides, 5 rounds (many hours at --scale 1)
    bench/side_by_side/run.py --list               the rows and their cases
    bench/side_by_side/run.py --rows a,c --scale 0.1 --rounds 3
    bench/side_by_side/run.py --from build/side_by_side/last/results.json --write-docs

Needs tests/setup.sh and the build of the preset `bench` (it makes both, unless --no-build). README.md explains what is counted and how.
Writes results.json (raw), runs.csv and a picture a row to --out; --write-docs puts tables and pictures into docs/performance.md as well.
The exit status is 1 if a run failed, or a count or the bytes at the destination are not what they must be.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="a,b,c,d,e,f,g,h,i,j,k", help="letters, for instance a,c")
    parser.add_argument("--case", default="", help="only cases whose name holds these words")
    parser.add_argument("--sides", help="of bare, sluice, sluice-tuned, java-1g, java-2g, java-tuned-1g, java-tuned-2g; by default all but sluice-tuned")
    parser.add_argument("--again", help="sides that run twice a round, to show the noise; by default bare,sluice,java-2g as far as they run")
    parser.add_argument("--scale", type=float, default=1, help="factor on the number of records and on idle times")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="folder for the results; by default build/side_by_side/TIME, and build/side_by_side/last leads there")
    parser.add_argument("--work", help="folder for the broker's data and the workers' files; by default a new one among the temporary files")
    parser.add_argument("--json", help="where to write the raw results; by default results.json in --out")
    parser.add_argument("--from", dest="given", help="run nothing: report these results")
    parser.add_argument("--write-docs", action="store_true", help="put tables and pictures into docs/performance.md")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser, parser.parse_args(arguments)


def build():
    for command in (["tests/setup.sh"], ["cmake", "--preset", "bench"], ["cmake", "--build", "--preset", "bench"]):
        print(f"==> {' '.join(command)}", flush=True)
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


class Results:
    """All runs so far, on disk after each of them."""

    def __init__(self, path, machine, given):
        self.path = path
        self.data = {"machine": machine, "given": given, "runs": []}

    def add(self, run):
        self.data["runs"].append(run)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.data, indent=1))
        part.rename(self.path)


def one_run(bench, case, side, again, round_, measure, errors):
    run = {"row": case.row, "case": case.name, "flow": case.flow, "side": side.name, "again": again, "round": round_}
    began = time.monotonic()
    try:
        run |= measure(bench, case, side)
        said = "ok"
    except errors as error:
        words = str(error)
        run |= {"error": words if len(words) < 1500 else f"{words[:500]} ... {words[-1000:]}"}
        said = f"FAILED: {run['error']}"
    print(f"  round {round_ + 1}: {side.name}{' again' if again else ''}: {said} ({time.monotonic() - began:.1f} s)", flush=True)
    return run


def run_case(bench, case, sides, again, rounds, results):
    import report
    from flows import has_side, measure
    from sides import RunError
    from service import ServiceError
    from worker import RestError
    errors = (RunError, ServiceError, RestError, OSError, subprocess.SubprocessError)
    print(f"\n({case.row}) {case.name}", flush=True)
    order = [(side, False) for side in sides if has_side(case, side)] + [(side, True) for side in again if has_side(case, side)]
    runs = []
    for round_ in range(rounds):
        # Another side begins each round, so that none always follows the same one.
        turned = order[round_ % len(order):] + order[:round_ % len(order)]
        for side, second in sorted(turned, key=lambda one: one[1]) if round_ == 0 else turned:
            run = one_run(bench, case, side, second, round_, measure, errors)
            runs.append(run)
            results.add(run)
    bench.forget(case)
    print(report.as_text(*report.case_table(case.flow, runs)), flush=True)


def run_all(arguments, parser, out):
    import kafka
    import machine
    import rows
    from flows import Bench, cases_of
    from sides import DEFAULT_AGAIN, DEFAULT_SIDES, SIDES, BenchKafka, Loops
    letters = arguments.rows.split(",")
    unknown = sorted(set(letters) - set(rows.TITLES)) + sorted(set((arguments.sides or "bare").split(",") + (arguments.again or "bare").split(",")) - set(SIDES))
    if unknown:
        parser.error(f"no row or side '{unknown[0]}'; see --list and --help")
    names = arguments.sides.split(",") if arguments.sides else DEFAULT_SIDES
    sides = [SIDES[name] for name in names]
    again = [SIDES[name] for name in (arguments.again.split(",") if arguments.again else DEFAULT_AGAIN) if name in names]
    given = {"rows": letters, "sides": [side.name for side in sides], "again": [side.name for side in again], "scale": arguments.scale,
             "rounds": arguments.rounds}
    results = Results(pathlib.Path(arguments.json) if arguments.json else out / "results.json", machine.describe(ROOT, kafka.java()), given)
    if results.data["machine"]["load_before"] > 0.5:
        print(f"NOTE: the machine is not idle (load {results.data['machine']['load_before']:.2f}): these figures are good for nothing but a trial", flush=True)
    work = pathlib.Path(arguments.work or tempfile.mkdtemp(prefix="side-by-side-"))
    work.mkdir(parents=True, exist_ok=True)
    broker = BenchKafka(work / "kafka").start(tied=True)
    try:
        bench = Bench(broker, Loops(broker.bootstrap), work, arguments.scale)
        # The broker compiles what it runs while it runs it: the first work is not measured.
        bench.loops.run("bare-produce", "warm", records=max(int(1_000_000 * arguments.scale), 10_000))
        bench.loops.run("bare-consume", "warm", records=max(int(1_000_000 * arguments.scale), 10_000))
        for case in cases_of(letters):
            if arguments.case in case.name:
                run_case(bench, case, sides, again, arguments.rounds, results)
    finally:
        broker.kill()
        shutil.rmtree(work / "kafka", ignore_errors=True)
        if not arguments.work and not (work / "failed").exists():
            shutil.rmtree(work, ignore_errors=True)
        elif (work / "failed").exists():
            print(f"what a failed run left: {work / 'failed'}")
    return results.data


def main(arguments):
    parser, given = parse(arguments)
    os.environ.setdefault("SLUICE_BUILD", str(ROOT / "build" / "bench"))
    sys.path[:0] = [str(ROOT / "tests" / "services")]
    import docs
    import report
    import rows
    if given.list:
        for case in rows.CASES:
            print(f"{case.row}  {case.name}" + (f", {case.records:,} records at --scale 1" if case.records else ""))
        return 0
    if given.given:
        results = json.loads(pathlib.Path(given.given).read_text())
        for (row, case, flow), runs in report.grouped(results).items():
            print(f"\n({row}) {case}\n{report.as_text(*report.case_table(flow, runs))}")
    else:
        if not given.no_build:
            build()
        out = pathlib.Path(given.out or ROOT / "build" / "side_by_side" / time.strftime("%Y%m%d-%H%M%S"))
        out.mkdir(parents=True, exist_ok=True)
        results = run_all(given, parser, out)
        report.write_csv(out / "runs.csv", results)
        for letter, picture in docs.section(results, ".")[1].items():
            (out / f"{letter}.svg").write_text(picture)
        if not given.out:
            last = out.with_name("last")
            last.unlink(missing_ok=True)
            last.symlink_to(out.name)
        print(f"\nresults: {out}")
    if given.write_docs:
        docs.write(ROOT, results)
    problems = report.wrong(results["runs"])
    print("\n" + "\n".join(f"WRONG {problem}" for problem in problems) if problems else "\nall counts at the destinations are right")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
