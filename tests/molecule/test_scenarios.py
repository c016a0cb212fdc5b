"""The roles' scenarios as tests: a quick choice, and every one by `./inv test --suite molecule`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rabbitry import molecule, report
from rabbitry.scenarios import Run

pytestmark = pytest.mark.hosts


def test_scenario(run: Run, record_property: Callable[[str, object], None]) -> None:
    outcome = molecule.execute(run)
    record_property("row", outcome.row)
    if outcome.failed:
        shown = report.block(outcome.fault)
        if run.may_fail:
            pytest.xfail(shown)
        pytest.fail(shown, pytrace=False)
