"""The only module that prints: errors, progress, tables and plain answers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rabbitry.errors import Fault, StackError
from rabbitry.events import Event, Result
from rabbitry.progress import Phase, Phases

COLOURS = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}
COLOURED = re.compile(r"\x1b\[[0-9;]*m")
MARKS = {"x": "red", "+": "green", "=": "dim", "-": "dim"}


def is_terminal(stream: TextIO) -> bool:
    """Whether `stream` may have colours and moving lines."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if is_terminal(stream or sys.stdout) else text


def plain(text: str) -> str:
    """`text` without colours."""
    return COLOURED.sub("", text)


def line(text: str = "") -> None:
    """One line of an answer, as it is."""
    print(text, flush=True)


def note(text: str) -> None:
    """Something beside the answer: it goes to standard error, so that the answer can be piped."""
    print(text, file=sys.stderr, flush=True)


def failure(error: StackError) -> None:
    """Everything that is wrong: message, empty line, hint, and the log lines of what failed."""
    blocks = [block(fault) for fault in error.faults]
    if len(blocks) > 1:
        blocks.append(paint(f"{len(blocks)} faults", "bold", sys.stderr))
    note("\n\n".join(blocks))


def warnings(notes: Iterable[Fault]) -> None:
    """What stopped nothing and is worth knowing, after everything else."""
    for each in notes:
        note("\n" + block(each, "warning"))


def block(fault: Fault, kind: str = "error") -> str:
    """A fault as text, or what stopped nothing, as a warning."""
    colour = "red" if kind == "error" else "yellow"
    parts = [f"{paint(kind + ':', colour, sys.stderr)} {fault.message}"]
    if fault.detail:
        parts.append("\n".join(f"  {text}" for text in fault.detail))
    if fault.hint:
        parts.append(f"{paint('hint:', 'yellow', sys.stderr)} {fault.hint}")
    return "\n\n".join(parts)


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> None:
    """Rows of cells in aligned columns; the last column may be as long as it likes."""
    for index, text in enumerate(aligned([head, *rows] if head else rows)):
        line(paint(text, "bold") if head and not index else text)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def confirm(question: str) -> bool:
    """Ask on the terminal; no terminal, no consent."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def changes(results: Iterable[Result]) -> None:
    """What a check-mode run would do, host by host."""
    for result in results:
        line(f"  {result.host}: {result.task}")


class Progress:
    """Shows the phases of a run: `hear` takes its events, `step` is a phase of our own."""

    def __init__(self, verbose: bool = False, draw: Callable[[str], None] | None = None) -> None:
        self.verbose = verbose
        self.phases = Phases(self._finished)
        self._draw = draw or (lambda text: None)

    def hear(self, event: Event) -> None:
        self.phases.hear(event)
        if isinstance(event, Result) and (self.verbose or event.is_bad):
            note(f"    {event.status:<11} {event.seconds:5.1f} s  {event.host}: {event.task}")
        if phase := self.phases.current:
            self._draw(f"{phase.name}: {phase.task}" if phase.task else phase.name)

    @contextmanager
    def step(self, name: str) -> Iterator[Phase]:
        """A phase that is no play; the caller counts results, changed and failed in it."""
        self.phases.begin(name)
        assert self.phases.current
        self._draw(name)
        phase = self.phases.current
        phase.results = 1
        try:
            yield phase
        except StackError:
            phase.failed = 1
            raise
        finally:
            self.phases.end()

    def _finished(self, phase: Phase) -> None:
        note(paint(str(phase), MARKS[phase.mark], sys.stderr))


@contextmanager
def progress(verbose: bool = False) -> Iterator[Progress]:
    """Phases as lines on standard error, the running one moving when that is a terminal."""
    if not is_terminal(sys.stderr):
        shown = Progress(verbose)
        try:
            yield shown
        finally:
            shown.phases.end()
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    bar = Bar(*columns, console=Console(stderr=True), transient=True, refresh_per_second=8)
    running = bar.add_task("")

    def draw(text: str) -> None:
        # Not earlier: until the first event a password may be asked on the same lines.
        bar.start()
        bar.update(running, description=escape(text))

    shown = Progress(verbose, draw)
    try:
        yield shown
    finally:
        shown.phases.end()
        bar.stop()
