"""A service gets every word as written, restarts when it must and only then, and comes back when killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.wait import wait_until

Face = Callable[[str], HostService]
Converge = Callable[..., int]


def of_process(machine: Remote, pid: int, what: str) -> list[str]:
    """Return the zero-terminated strings of /proc/PID/cmdline or environ."""
    source = "import json, sys; print(json.dumps(open(sys.argv[1]).read().split('\\0')[:-1]))"
    found: list[str] = machine.script(source, f"/proc/{pid}/{what}", user="app")
    return found


def definition(machine: Remote, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in machine.vars["service_definitions"] if one["name"] == name)
    return found


def test_every_word_of_the_command_arrives_as_it_was_written(machine: Remote, service: Face) -> None:
    assert of_process(machine, service("probe").pid(), "cmdline") == definition(machine, "probe")["command"]


def test_the_environment_arrives_as_it_was_written(machine: Remote, service: Face) -> None:
    environment = of_process(machine, service("probe").pid(), "environ")
    assert f"PLAIN={definition(machine, 'probe')['environment']['PLAIN']}" in environment
    assert f"SECRET={machine.vars['probe_secret']}" in environment
    assert "HOME=/home/app" in environment


def test_it_runs_as_its_account_where_it_was_told(machine: Remote, service: Face) -> None:
    pid = service("probe").pid()
    assert machine.run(["stat", "-c", "%U", f"/proc/{pid}"]).out.strip() == "app"
    assert machine.run(["readlink", f"/proc/{pid}/cwd"], user="app").out.strip() == "/home/app"
    machine.run("touch /run/rabbitry/probe/mine", user="app")


def test_it_restarts_when_a_watched_file_changed_and_only_then(
    machine: Remote, service: Face, converge: Converge
) -> None:
    before = {name: service(name).pid() for name in ("probe", "bystander")}
    assert converge() == 0
    assert {name: service(name).pid() for name in before} == before
    machine.run("echo answer = 42 > /etc/probe.conf")
    assert converge() == 1
    assert service("probe").pid() not in (0, before["probe"])
    assert service("bystander").pid() == before["bystander"]


def test_it_restarts_when_its_environment_file_changed(
    machine: Remote, service: Face, converge: Converge
) -> None:
    machine.run("echo SECRET=another > /etc/probe.env")
    assert converge() == 1
    assert "SECRET=another" in of_process(machine, service("probe").pid(), "environ")


def test_a_killed_program_comes_back(service: Face) -> None:
    probe = service("probe")
    pid = probe.pid()
    probe.signal("KILL")
    wait_until(lambda: probe.is_running() and probe.pid() not in (0, pid), 20, "probe runs again")


def test_it_comes_back_at_boot(service: Face) -> None:
    assert service("probe").is_enabled()


def test_what_is_no_longer_described_is_gone(machine: Remote, service: Face, converge: Converge) -> None:
    pid = service("bystander").pid()
    assert converge(service_definitions=[definition(machine, "probe")]) == 1
    assert not machine.exists(f"/proc/{pid}")
    assert not service("bystander").is_running() and not service("bystander").is_enabled()
    assert service("probe").is_running()


def test_a_word_that_no_supervisor_can_carry_is_refused_by_name(
    machine: Remote, service: Face, refused: Callable[..., str]
) -> None:
    pid = service("probe").pid()
    wrong = {**definition(machine, "probe"), "comand": ["/bin/true"]}
    assert "comand" in refused(service_definitions=[wrong])
    assert service("probe").pid() == pid
