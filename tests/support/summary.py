"""The table at the end of a run, of rows that its tests recorded as properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rabbitry import report


def table(terminal: Any, name: str, title: str, head: Sequence[str]) -> None:
    """Print the sorted rows that tests recorded under the property `name`; nothing when there are none."""
    reports = [one for group in terminal.stats.values() for one in group]
    found = [dict(getattr(one, "user_properties", ())) for one in reports]
    # A test's set-up and end carry its properties too.
    if rows := dict.fromkeys(tuple(one[name]) for one in found if name in one):
        terminal.section(title)
        for line in report.aligned([head, *sorted(rows)]):
            terminal.write_line(line)
