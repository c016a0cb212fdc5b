"""What the tests of all scenarios get: the host, its services, a further run, and logs when a test fails."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import yaml
from testinfra.host import Host

from tests.support.docker import CommandFailed, Result, run
from tests.support.remote import Remote
from tests.support.service import HostService

CHANGED = re.compile(r"changed=(\d+)")


@pytest.fixture(scope="module")
def machine(host: Host) -> Remote:
    """The host under test, reached as its platform is."""
    return Remote(host)


@pytest.fixture(scope="module")
def service(machine: Remote) -> Callable[[str], HostService]:
    """Give the face of a service, by the name that it has on every supervisor."""
    return lambda name: HostService(machine, name)


@pytest.fixture(scope="session")
def converge() -> Callable[..., int]:
    """Run the scenario's converge playbook again; return how many of its tasks changed something.

    Keywords are variables that differ this time. A run that fails raises CommandFailed with its last lines.
    """
    return lambda **variables: _converge(variables)


@pytest.fixture(scope="session")
def refused() -> Callable[..., str]:
    """Run the converge playbook with variables that it must refuse; return what it said."""

    def call(**variables: Any) -> str:
        with pytest.raises(CommandFailed) as failure:
            _converge(variables)
        return str(failure.value)

    return call


def _converge(variables: dict[str, Any]) -> int:
    folder = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
    scenario = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text(encoding="utf-8"))
    playbook = (folder / scenario["ansible"]["playbooks"]["converge"]).resolve()
    inventory = Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent
    command = ["ansible-playbook", "--diff", f"--inventory={inventory}", "-e", json.dumps(variables)]
    done: Result = run([*command, str(playbook)], seconds=300)
    print(done.out)  # what changed, which pytest shows with a failure
    found = CHANGED.search(done.out.partition("PLAY RECAP")[2])
    assert found, f"the run has no recap:\n{done}"
    return int(found[1])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the last log lines of the host's services to the report of a failed test."""
    report = yield
    face = getattr(item, "funcargs", {}).get("machine")
    if report.failed and isinstance(face, Remote):
        report.sections.append(("logs of the host", _logs(face)))
    return report


def _logs(face: Remote) -> str:
    """Return what systemd's journal, or else supervisord's log files, said last."""
    if face.boot == "systemd":
        return face.run("journalctl -n 60 --no-pager -o short", check=False).text
    return face.run("tail -n 20 /var/log/rabbitry/*.log", check=False).text
