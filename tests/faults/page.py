"""The result page of the fault tests: a table, and for each fault a timeline of tasks confirmed and ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from tests.faults.figures import Fault, Figures, Ledger, figures, rate

# Of a plot, in its own units; seconds that are shown before a fault.
WIDTH, HEIGHT, LEFT, BOTTOM, BEFORE = 960, 190, 44, 26, 10.0
TICKS = (1, 2, 5, 10, 20, 30, 60, 120)
STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --quiet: #6b7482; --paper: #fbfbfa; --line: #dfe2e6;
  --done: #2f7d6d; --sent: #c77d1e; --fault: #c8453433; --bad: #b3261e; --good: #2f7d6d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --quiet: #98a1ae; --paper: #14171c;
  --line: #2c323b; --done: #5cc2ab; --sent: #e3a653; --fault: #e0685533; --bad: #ff8a80; --good: #5cc2ab; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2.5rem auto;
  max-width: 62rem; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2.25rem 0 .25rem; }
p { margin: .25rem 0; color: var(--quiet); } b { color: var(--ink); font-weight: 600; }
.sum { display: flex; flex-wrap: wrap; gap: 2rem; margin: 1.5rem 0; }
.sum div { font-size: 1.9rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.sum span { display: block; font-size: .8rem; color: var(--quiet); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th, td { white-space: nowrap; }
th { font-weight: 500; color: var(--quiet); font-size: .85rem; }
th:first-child, td:first-child { text-align: left; }
a { color: inherit; } .bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--quiet); font-size: 11px; }
.done { fill: var(--done); } .sent { fill: none; stroke: var(--sent); stroke-width: 1.6; }
.span { fill: var(--fault); } .grid { stroke: var(--line); }
"""


def page(ledger: Ledger, faults: Sequence[Fault], subtitle: str) -> str:
    """Return an HTML document that needs nothing else; `subtitle` says where and when it was measured."""
    rows = [(fault, figures(ledger, fault)) for fault in faults]
    lost, doubled = len(ledger.lost()), len(ledger.twice_in_effect())
    numbers = (
        (f"{len(ledger.confirmed):,}", "tasks confirmed", ""),
        (f"{lost:,}", "lost", "bad" if lost else "good"),
        (f"{len(ledger.repeated()):,}", "run more than once", ""),
        (f"{doubled:,}", "with an effect more than once", "bad" if doubled else "good"),
        (f"{max((each.gap for _, each in rows), default=0):.1f} s", "longest gap", ""),
    )
    summary = "".join(f'<div class="{kind}">{text}<span>{word}</span></div>' for text, word, kind in numbers)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Faults</title><style>{STYLE}</style>\n<h1>What the cluster does when things break</h1>"
        f'<p>{escape(subtitle)}</p>\n<div class="sum">{summary}</div>\n{_table(rows)}\n'
        + "\n".join(_section(place, ledger, fault, each) for place, (fault, each) in enumerate(rows))
        + "\n</html>\n"
    )


def _table(rows: Sequence[tuple[Fault, Figures]]) -> str:
    heads = ("fault", "confirmed", "lost", "run twice", "longest gap", "gap in confirms", "flows again after")
    lines = [
        f'<tr><td><a href="#f{place}">{escape(fault.name)}</a></td><td>{each.confirmed:,}</td>'
        f'<td class="{"bad" if each.lost else "good"}">{each.lost}</td><td>{each.repeated}</td>'
        f"<td>{each.gap:.1f} s</td><td>{each.confirm_gap:.1f} s</td><td>{_recovery(each)}</td></tr>"
        for place, (fault, each) in enumerate(rows)
    ]
    head = "".join(f"<th>{word}</th>" for word in heads)
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _recovery(each: Figures) -> str:
    return f"{each.recovery:.1f} s" if each.recovery else "no pause"


def _section(place: int, ledger: Ledger, fault: Fault, each: Figures) -> str:
    words = f"longest gap <b>{each.gap:.1f} s</b>, lost <b>{each.lost}</b>, run twice <b>{each.repeated}</b>"
    return (
        f'<h2 id="f{place}">{escape(fault.name)}</h2><p>{words}; bars: ended a second, line: confirmed, '
        f"shaded: the fault</p>{plot(ledger, fault)}"
    )


def plot(ledger: Ledger, fault: Fault) -> str:
    """Return the timeline of one fault as an SVG element, a bar a second."""
    began = fault.began - BEFORE
    done = rate(ledger.ends(), began, fault.until)
    sent = rate(ledger.confirmed.values(), began, fault.until)
    top = max(*done, *sent, 1.0)
    across = (WIDTH - LEFT) / len(done)

    def x(at: float) -> float:
        return LEFT + (at - began) * across

    def y(value: float) -> float:
        return (HEIGHT - BOTTOM) * (1 - value / top * 0.95)

    base = HEIGHT - BOTTOM
    bars = "".join(
        f'<rect class="done" x="{LEFT + place * across:.1f}" y="{y(value):.1f}" '
        f'width="{max(across - 1, 0.5):.1f}" height="{base - y(value):.1f}"/>'
        for place, value in enumerate(done)
    )
    middles = (LEFT + (place + 0.5) * across for place in range(len(sent)))
    points = " ".join(f"{middle:.1f},{y(value):.1f}" for middle, value in zip(middles, sent, strict=True))
    width = max(x(fault.healed) - x(fault.began), 2.0)
    span = f'<rect class="span" x="{x(fault.began):.1f}" y="0" width="{width:.1f}" height="{base}"/>'
    label = f"tasks a second around {escape(fault.name)}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f'{span}{bars}<polyline class="sent" points="{points}"/>{_axes(fault, top, x, y)}</svg>'
    )


def _axes(fault: Fault, top: float, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    """Return the base line, seconds since the fault below it, and what the height stands for."""
    seconds = fault.until - fault.began
    tick = next((one for one in TICKS if seconds / one <= 12), TICKS[-1])
    marks = "".join(
        f'<text x="{x(fault.began + at):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{at} s</text>'
        for at in range(0, int(seconds) + 1, tick)
    )
    base = HEIGHT - BOTTOM
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{base}" y2="{base}"/>{marks}'
        f'<text x="{LEFT - 6}" y="{y(top) + 10:.1f}" text-anchor="end">{top:.0f}/s</text>'
        f'<text x="{LEFT - 6}" y="{base}" text-anchor="end">0</text>'
    )
