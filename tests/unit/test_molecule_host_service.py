"""One face for services: the same answers from systemd, supervisord and launchd."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.support.docker import Result
from tests.support.service import HostService

NAME = "stack-beat"
# As `launchctl print` says it: one tab before the job's own facts, more before those of its parts.
PRINTED = """\
system/rabbitry.stack-beat = {
	active count = 1
	state = running

	program = /bin/sh
	spawn type = daemon (3)
	pid = 4711
	endpoints = {
		state = not running
		pid = 1
	}
}
"""
RUNNING: dict[str, dict[str, str]] = {
    "systemd": {
        f"systemctl is-active {NAME}": "active\n",
        f"systemctl is-enabled {NAME}": "enabled\n",
        f"systemctl show -P MainPID {NAME}": "4711\n",
    },
    "noinit": {
        f"supervisorctl -c /etc/rabbitry/supervisord.conf status {NAME}": f"{NAME}   RUNNING   pid 4711\n",
        f"supervisorctl -c /etc/rabbitry/supervisord.conf pid {NAME}": "4711\n",
        f"grep -qx 'autostart *= *true' /etc/rabbitry/supervisor.d/{NAME}.conf": "",
    },
    "launchd": {
        f"/bin/launchctl print system/rabbitry.{NAME}": PRINTED,
        "/bin/launchctl print-disabled system": f'\t"rabbitry.{NAME}" => enabled\n',
    },
}


@dataclass
class FakeMachine:
    """Answers the commands that it knows; everything else fails."""

    boot: str
    knows: Mapping[str, str]
    told: list[str] = field(default_factory=list)

    def run(
        self,
        command: str | Sequence[str],
        *,
        seconds: float = 60,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        user: str = "root",
    ) -> Result:
        line = command if isinstance(command, str) else shlex.join(command)
        self.told.append(line)
        return Result(line, 0 if line in self.knows else 1, self.knows.get(line, ""), "", 0)


@pytest.fixture(params=RUNNING)
def boot(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_a_running_service_is_seen(boot: str) -> None:
    service = HostService(FakeMachine(boot, RUNNING[boot]), NAME)
    assert service.is_running() and service.is_enabled()
    assert service.pid() == 4711


def test_a_missing_service_is_seen(boot: str) -> None:
    service = HostService(FakeMachine(boot, {}), NAME)
    assert not service.is_running() and not service.is_enabled()
    assert service.pid() == 0


def test_a_loaded_job_that_does_not_run_is_seen() -> None:
    text = PRINTED.replace("\tstate = running", "\tstate = spawn scheduled").replace("\tpid = 4711\n", "")
    service = HostService(
        FakeMachine("launchd", {f"/bin/launchctl print system/rabbitry.{NAME}": text}), NAME
    )
    assert not service.is_running() and service.is_enabled()
    assert service.pid() == 0


def test_a_disabled_job_does_not_come_back_at_boot() -> None:
    off = {"/bin/launchctl print-disabled system": f'\t"rabbitry.{NAME}" => disabled\n'}
    service = HostService(FakeMachine("launchd", RUNNING["launchd"] | off), NAME)
    assert service.is_running() and not service.is_enabled()


@pytest.mark.parametrize(
    ("boot", "verb", "command"),
    [
        ("systemd", "restart", f"systemctl restart {NAME}"),
        ("noinit", "stop", f"supervisorctl -c /etc/rabbitry/supervisord.conf stop {NAME}"),
        (
            "launchd",
            "start",
            f"/bin/launchctl bootstrap system /Library/LaunchDaemons/rabbitry.{NAME}.plist",
        ),
        ("launchd", "stop", f"/bin/launchctl bootout system/rabbitry.{NAME}"),
        ("launchd", "restart", f"/bin/launchctl kickstart -k system/rabbitry.{NAME}"),
    ],
)
def test_its_supervisor_is_told(boot: str, verb: str, command: str) -> None:
    machine = FakeMachine(boot, {})
    getattr(HostService(machine, NAME), verb)()
    assert machine.told == [command]


def test_a_signal_goes_to_the_main_process(boot: str) -> None:
    machine = FakeMachine(boot, RUNNING[boot])
    HostService(machine, NAME).signal("KILL")
    assert machine.told[-1] == "kill -KILL 4711"
