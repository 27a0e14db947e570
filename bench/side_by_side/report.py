"""Figures from runs: medians, ranges and ratios, as text, CSV and Markdown. Knows nothing of how they were measured."""
import csv
import statistics

RUN_COLUMNS = ("row", "case", "side", "again", "round", "error", "records", "expected", "value_bytes", "digest", "seconds", "records_per_s", "worker_cpu_s",
               "broker_cpu_s", "rss_kb", "start_s", "first_s", "cold_start_s", "start_cpu_s", "plugins", "empty_rss_kb", "empty_threads", "idle_rss_kb",
               "threads", "running_s", "idle_cpu_percent", "idle_broker_cpu_percent", "p50_ms", "p99_ms", "p999_ms", "longest_ms")


def per_million(key):
    return lambda run: run[key] / run["records"] * 1e6


def scaled(key, divisor):
    return lambda run: run[key] / divisor


# A figure: its title with the unit, and how to get it from a run (KeyError: the run has none).
CPU = ("CPU-s per million", per_million("worker_cpu_s"))
RATE = ("records/s", scaled("records_per_s", 1))
BROKER_CPU = ("broker CPU-s per million", per_million("broker_cpu_s"))
PEAK = ("peak RSS, MB", scaled("rss_kb", 1024))
FIRST = ("start to first record, s", scaled("first_s", 1))
START = ("start to REST, s", scaled("start_s", 1))
MOVING = (RATE, CPU, BROKER_CPU, PEAK, FIRST)
FIGURES = {
    "source": MOVING,
    "sink": MOVING,
    "startup": (START, ("the same, nothing known, s", scaled("cold_start_s", 1)), FIRST, ("CPU-s to REST", scaled("start_cpu_s", 1)), PEAK),
    "idle": (("RSS, MB", scaled("idle_rss_kb", 1024)), ("RSS without connectors, MB", scaled("empty_rss_kb", 1024)), ("threads", scaled("threads", 1)),
             ("threads without connectors", scaled("empty_threads", 1)), ("CPU, % of a core", scaled("idle_cpu_percent", 1)),
             ("all RUNNING after, s", scaled("running_s", 1))),
    "latency": (("p50, ms", scaled("p50_ms", 1)), ("p99, ms", scaled("p99_ms", 1)), ("p99.9, ms", scaled("p999_ms", 1)), CPU, BROKER_CPU, PEAK),
}
# Of which of them ratios are shown, and which the plots show.
RATIOS = {"source": (CPU, RATE), "sink": (CPU, RATE), "startup": (START,), "idle": (("RSS", scaled("idle_rss_kb", 1024)),),
          "latency": (("p99", scaled("p99_ms", 1)), CPU)}
PLOTS = {"source": (CPU, RATE), "sink": (CPU, RATE), "startup": (START, FIRST), "idle": FIGURES["idle"][:1] + FIGURES["idle"][2:3],
         "latency": (FIGURES["latency"][0], FIGURES["latency"][1])}


def number(value):
    """Three significant digits, without an exponent."""
    if abs(value) >= 1000:
        digits = max(0, len(str(int(abs(value)))) - 3)
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.1g}"


def spread(values):
    """Median and range."""
    if not values:
        return "-"
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"


def values_of(runs, figure):
    found = []
    for run in runs:
        try:
            found.append(figure[1](run))
        except (KeyError, ZeroDivisionError):
            pass
    return found


def good(runs):
    return [run for run in runs if not run.get("error")]


def paired(runs, side, other, figure):
    """The ratio side/other of every round: both runs of a side that ran twice count, and pairs never cross rounds."""
    found = []
    for number_ in sorted({run["round"] for run in runs}):
        one, two = (values_of([run for run in runs if run["round"] == number_ and run["side"] == name], figure) for name in (side, other))
        if one and two and statistics.mean(two) > 0:
            found.append(statistics.mean(one) / statistics.mean(two))
    return found


def against_itself(runs, side, figure):
    """The second run of a side over the first, of every round: what noise alone does."""
    found = []
    for number_ in sorted({run["round"] for run in runs}):
        mine = [run for run in runs if run["round"] == number_ and run["side"] == side]
        first, second = (values_of([run for run in mine if bool(run.get("again")) == again], figure) for again in (False, True))
        if first and second and first[0] > 0:
            found.append(second[0] / first[0])
    return found


def sides_of(runs):
    found = []
    for run in runs:
        if run["side"] not in found:
            found.append(run["side"])
    # The order in which they are run differs from round to round.
    order = ("bare", "sluice", "sluice-tuned", "java-1g", "java-2g", "java-tuned-1g", "java-tuned-2g")
    return sorted(found, key=lambda side: order.index(side) if side in order else len(order))


def case_table(flow, runs):
    """Header and lines of one case. The ratios are to the plain loop where there is one, else to Sluice."""
    all_sides = sides_of(runs)
    base = "bare" if "bare" in all_sides else "sluice"
    figures = [figure for figure in FIGURES[flow] if values_of(runs, figure)]
    header = ["side", *(title for title, _ in figures)]
    for title, _ in RATIOS[flow]:
        header += [f"{title}: over {base}", f"{title}: against itself"]
    lines = []
    for side in all_sides:
        mine = good([run for run in runs if run["side"] == side])
        failed = len([run for run in runs if run["side"] == side]) - len(mine)
        line = [side + (f" ({failed} failed)" if failed else ""), *(spread(values_of(mine, figure)) for figure in figures)]
        for figure in RATIOS[flow]:
            line += ["-" if side == base else spread(paired(good(runs), side, base, figure)), spread(against_itself(good(runs), side, figure))]
        lines.append(line)
    return header, lines


def wrong(runs):
    """What a reader must be told: failed runs, counts that are not what was sent, and sides that made other bytes of the same work."""
    found = []
    for run in runs:
        who = f"{run['row']}: {run['case']}, {run['side']}, round {run['round'] + 1}"
        if run.get("error"):
            found.append(f"{who}: {run['error']}")
        elif run["records"] != run["expected"]:
            found.append(f"{who}: {run['records']} records at the destination, not {run['expected']}")
    for row, case in dict.fromkeys((run["row"], run["case"]) for run in runs):
        digests = {run["digest"]: run["side"] for run in runs if (run["row"], run["case"]) == (row, case) and run.get("digest")}
        if len(digests) > 1:
            found.append(f"{row}: {case}: the sides made different bytes: {digests}")
    return found


def as_text(header, lines):
    widths = [max(len(str(line[column])) for line in [header, *lines]) for column in range(len(header))]
    return "\n".join("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)).rstrip() for line in [header, *lines])


def as_markdown(header, lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines])


def grouped(results):
    """(row, case, flow) -> its runs, in the order of the results."""
    found = {}
    for run in results["runs"]:
        found.setdefault((run["row"], run["case"], run["flow"]), []).append(run)
    return found


def write_csv(path, results):
    with open(path, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(RUN_COLUMNS)
        for run in results["runs"]:
            writer.writerow([run.get(column, "") for column in RUN_COLUMNS])
