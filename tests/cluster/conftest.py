"""What the tests of several hosts share: the table of their figures."""

from __future__ import annotations

from typing import Any

from tests.support import summary

FAILOVER = ("fault", "sent", "results lost", "longest gap s", "recovered after s")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    summary.table(terminalreporter, "failover", "failover under load", FAILOVER)
