"""The roles' scenarios as tests: every one with `--whole`, that is, by `./inv test --suite molecule`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rabbitry import molecule, report
from rabbitry.scenarios import Run

# Not in the default run before its length is known on a quiet machine.
pytestmark = [pytest.mark.hosts, pytest.mark.long]


def test_scenario(run: Run, record_property: Callable[[str, object], None]) -> None:
    outcome = molecule.execute(run)
    record_property("row", outcome.row)
    if outcome.failed:
        shown = report.block(outcome.fault)
        if run.may_fail:
            pytest.xfail(shown)
        pytest.fail(shown, pytrace=False)
