"""Makes a test of each scenario, and ends with the table of them."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitry import report, scenarios
from rabbitry.molecule import HEAD


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run" in metafunc.fixturenames:
        whole = metafunc.config.getoption("--whole")
        runs = scenarios.every() if whole else scenarios.quick()
        metafunc.parametrize("run", runs, ids=[str(run).replace("/", "-") for run in runs])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [one for group in terminalreporter.stats.values() for one in group]
    found = [dict(getattr(one, "user_properties", ())) for one in reports]
    # A test's set-up and end carry its properties too.
    rows = dict.fromkeys(tuple(one["row"]) for one in found if "row" in one)
    if rows:
        terminalreporter.section("scenarios: seconds of each step")
        for line in report.aligned([HEAD, *sorted(rows)]):
            terminalreporter.write_line(line)
