"""Wards that the entries of one part share, and the table of what was done to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rabbitry import report
from tests.support.ward import Ward

HEAD = ("entry", "host", "break", "named", "fixed", "green")


@pytest.fixture(scope="session")
def wards() -> Iterator[dict[str, Ward]]:
    """Wards by platform, started when they are first asked for."""
    made: dict[str, Ward] = {}
    yield made
    for ward in made.values():
        ward.give_up()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [one for group in terminalreporter.stats.values() for one in group]
    found = [dict(getattr(one, "user_properties", ())) for one in reports]
    rows = dict.fromkeys(tuple(one["entry"]) for one in found if "entry" in one)
    if rows:
        terminalreporter.section("entries: seconds of each step")
        for line in report.aligned([HEAD, *sorted(rows)]):
            terminalreporter.write_line(line)
