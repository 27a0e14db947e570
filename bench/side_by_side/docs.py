"""Puts results into docs/performance.md, between its markers, with a picture for each row and the raw figures beside them."""
import pathlib
import statistics

import plots
import report
import rows
from report import number

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def picture(letter, cases):
    """The SVG of one row; cases are (name, flow, runs)."""
    panels = []
    for figure in report.PLOTS[cases[0][1]]:
        groups = []
        for name, _, runs in cases:
            bars = []
            for side in report.sides_of(runs):
                values = report.values_of(report.good([run for run in runs if run["side"] == side]), figure)
                if values:
                    bars.append((side, statistics.median(values), min(values), max(values)))
            groups.append((name, bars))
        panels.append((figure[0], groups))
    return plots.svg(rows.TITLES[letter], panels, number)


def machine_line(results):
    machine, given = results["machine"], results["given"]
    return (f"Measured on {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, Linux {machine['kernel']}; load before the run "
            f"{machine['load_before']:.2f}; {machine['java']}; Sluice at {machine['commit']}; scale {given['scale']:g}, {given['rounds']} rounds. Each figure "
            "is the median, with the range in brackets; \"against itself\" is the second run of a side in a round over its first.")


def section(results, pictures):
    """The Markdown between the markers; `pictures` is the pictures' folder as the page sees it."""
    by_row = {}
    for (letter, case, flow), runs in report.grouped(results).items():
        by_row.setdefault(letter, []).append((case, flow, runs))
    parts = [machine_line(results)]
    for letter, cases in sorted(by_row.items()):
        parts.append(f"### ({letter}) {rows.TITLES[letter]}")
        parts.append(f"![{rows.TITLES[letter]}]({pictures}/{letter}.svg)")
        for case, flow, runs in cases:
            parts.append(f"**{case}**")
            parts.append(report.as_markdown(*report.case_table(flow, runs)))
    problems = report.wrong(results["runs"])
    if problems:
        parts.append("What went wrong:")
        parts.append("\n".join(f"- {problem}" for problem in problems))
    return "\n\n".join(parts), {letter: picture(letter, cases) for letter, cases in by_row.items()}


def replaced(text, new):
    """The page's text with what is between the markers replaced. ValueError if it has not both, in order, once."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the page must hold '{BEGIN}' and '{END}' once each, in this order")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n\n{new}\n\n{END}{rest.split(END)[1]}"


def write(root, results):
    page = pathlib.Path(root) / "docs" / "performance.md"
    folder = page.with_name("performance")
    markdown, pictures = section(results, folder.name)
    text = replaced(page.read_text(), markdown)
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for letter, svg in pictures.items():
        (folder / f"{letter}.svg").write_text(svg)
    report.write_csv(folder / "runs.csv", results)
    page.write_text(text)
