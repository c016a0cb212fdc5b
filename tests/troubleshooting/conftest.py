"""Wards that the entries of one part share, and the table of what was done to each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import summary
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
    summary.table(terminalreporter, "entry", "entries: seconds of each step", HEAD)
