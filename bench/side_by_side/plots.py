"""Bars as SVG, written by hand: one picture a row of work, one panel a figure, one group of bars a case, one bar a side."""
import html

COLOURS = {"bare": "#9aa0a6", "sluice": "#1a73e8", "sluice-tuned": "#8ab4f8", "java-1g": "#d93025", "java-2g": "#e8710a", "java-tuned-1g": "#f29900",
           "java-tuned-2g": "#fbbc04"}
OTHER_COLOUR = "#5f6368"
LABEL_WIDTH, BAR_WIDTH, VALUE_WIDTH, BAR, GAP, TITLE = 290, 340, 170, 14, 12, 26


def text(x, y, words, size=12, weight="normal"):
    return f"<text x='{x}' y='{y}' font-family='sans-serif' font-size='{size}' font-weight='{weight}'>{html.escape(words)}</text>"


def panel(top, title, groups, number):
    """One figure: groups are (case, [(side, median, lowest, highest)]). Its elements and its height."""
    parts = [text(0, top + 16, title, weight="bold")]
    longest = max((bar[3] for _, bars in groups for bar in bars), default=0) or 1
    y = top + TITLE
    for case, bars in groups:
        parts.append(text(0, y + BAR, case))
        for side, median, lowest, highest in bars:
            width = median / longest * BAR_WIDTH
            colour = COLOURS.get(side, OTHER_COLOUR)
            parts.append(f"<rect x='{LABEL_WIDTH}' y='{y}' width='{width:.1f}' height='{BAR - 2}' fill='{colour}'><title>{html.escape(side)}</title></rect>")
            if highest > lowest:
                middle = y + (BAR - 2) / 2
                parts.append(f"<line x1='{LABEL_WIDTH + lowest / longest * BAR_WIDTH:.1f}' x2='{LABEL_WIDTH + highest / longest * BAR_WIDTH:.1f}' "
                             f"y1='{middle}' y2='{middle}' stroke='#202124'/>")
            parts.append(text(round(LABEL_WIDTH + highest / longest * BAR_WIDTH + 6, 1), y + BAR - 3, f"{number(median)}  {side}"))
            y += BAR
        y += GAP
    return parts, y - top


def svg(title, panels, number):
    """A picture: panels are (title, groups). `number` prints a value."""
    parts, y = [text(0, 16, title, size=14, weight="bold")], 30
    for name, groups in panels:
        more, height = panel(y, name, groups, number)
        parts += more
        y += height + GAP
    width = LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='-10 -6 {width + 20} {y + 12}' width='{width + 20}' height='{y + 12}'>\n"
            f"<rect x='-10' y='-6' width='100%' height='100%' fill='white'/>\n" + "\n".join(parts) + "\n</svg>\n")
