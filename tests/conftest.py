"""Settings of all tests: where imports come from, what needs test hosts, and what a failure shows."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
COLLECTIONS = REPOSITORY / ".ansible" / "collections"
LINK = COLLECTIONS / "ansible_collections" / "rabbitry" / "stack"

if not LINK.exists():  # `inv` makes it too; a bare pytest has not asked `inv`
    LINK.parent.mkdir(parents=True, exist_ok=True)
    LINK.symlink_to("../../../..")
sys.path[:0] = [str(REPOSITORY), str(COLLECTIONS)]

from tests.support import evidence, images  # noqa: E402 - it is importable only from here on
from tests.support.hosts import Host  # noqa: E402 - the same

FAILED_STEP = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-hosts",
        action="store_true",
        help="fail, instead of leaving tests out, when hosts cannot be started",
    )
    parser.addoption(
        "--whole", action="store_true", help="run what is marked long, and every scenario of every role"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "hosts: needs test hosts, so Docker; left out with a word when there is none"
    )
    config.addinivalue_line(
        "markers", "steps: tests of a class that build on each other: after a failure none is run"
    )
    config.addinivalue_line("markers", "long: runs only with --whole, that is, when its suite is asked for")
    config.stash[FAILED_STEP] = {}
    if config.getoption("--require-hosts") and (reason := images.why_not_built()):
        raise pytest.UsageError(f"--require-hosts: {reason}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--whole"):
        # Deselected and not skipped: the default run has a budget, and nothing is missing for them.
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    wanting = [item for item in items if item.get_closest_marker("hosts")]
    if wanting and (reason := images.why_not_built()):
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "loadscope":
        return None
    from tests.support.scheduling import Scheduling  # a run without workers needs no xdist

    return Scheduling(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("steps") and (failed := item.config.stash[FAILED_STEP].get(_sequence(item))):
        pytest.skip(f"builds on {failed}, which failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        if item.get_closest_marker("steps"):
            item.config.stash[FAILED_STEP].setdefault(_sequence(item), item.name)
        for host in _hosts_of(getattr(item, "funcargs", {})):
            report.sections.append((f"evidence of {host.name}", evidence.collect(host)))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if terminalreporter.stats.get("skipped") and (reason := images.why_not_built()):
        terminalreporter.section("left out")
        terminalreporter.write_line(f"Everything that needs test hosts: {reason}")


def _sequence(item: pytest.Item) -> str:
    """Name the sequence of steps that a test is in: its file and class."""
    return item.nodeid.rpartition("::")[0]


def _hosts_of(arguments: dict[str, Any]) -> list[Host]:
    values = [
        host
        for value in arguments.values()
        for host in getattr(value, "hosts", [getattr(value, "host", value)])
    ]
    return list(dict.fromkeys(value for value in values if isinstance(value, Host)))
