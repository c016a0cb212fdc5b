"""Units that go are stopped and disabled; systemd is told to forget the failures of failed ones only."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import control_systemd
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service

SHOWN = "LoadState=loaded\nActiveState={}\nSubState=dead\nMainPID=0\nNRestarts=0\nUnitFileState=disabled\n"
SHOWN += "NeedDaemonReload=no\nResult=success\nExecMainCode=0\nExecMainStatus=0\n"


@pytest.mark.parametrize(
    ("states", "reset"),
    [(("inactive", "inactive"), []), (("inactive", "failed"), [["reset-failed", "flower.service"]])],
)
def test_only_failed_units_are_reset(
    states: tuple[str, str], reset: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], seconds: float = 0) -> subprocess.CompletedProcess[str]:
        asked.append(command[1:])
        told = "\n".join(SHOWN.format(state) for state in states) if command[1] == "show" else ""
        return subprocess.CompletedProcess(command, 0, told, "")

    monkeypatch.setattr(control_systemd, "run", run)
    services = [Service(name=name, description=name, command=("/bin/true",)) for name in ("worker", "flower")]
    control_systemd.Systemd().forget(services)
    assert [command for command in asked if command[0] == "reset-failed"] == reset
