"""Makes a test of each scenario, and ends with the table of them."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitry import scenarios
from rabbitry.molecule import HEAD
from tests.support import summary


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run" in metafunc.fixturenames:
        whole = metafunc.config.getoption("--whole")
        runs = scenarios.every() if whole else scenarios.quick()
        metafunc.parametrize("run", runs, ids=[str(run).replace("/", "-") for run in runs])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    summary.table(terminalreporter, "row", "scenarios: seconds of each step", HEAD)
