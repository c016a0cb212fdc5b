"""What a run does to services: only what differs, in order, and nothing in check mode."""

from __future__ import annotations

import grp
import os
import pwd
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import service_converge, supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_converge import Converge, Outcome

from tests.unit.fake_supervisor import FakeSupervisor

ME = {"user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


class Machine:
    """A host in a folder: runs of Converge over one fake supervisor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hand = FakeSupervisor(folder / "units")
        self.config = folder / "app.conf"
        self.config.write_text("one")

    def service(self, name: str, **change: Any) -> Service:
        watch = [str(self.config)]
        return Service.from_vars(
            {"name": name, "command": ["/bin/x"], "user": "app", "watch": watch, **change}
        )

    def converge(self, check: bool = False) -> Converge:
        return Converge(self.hand, "test", check, self.folder / "ledger", self.folder / "records")

    def up(self, *services: Service, check: bool = False, restart: bool = False) -> Outcome:
        self.hand.calls.clear()
        run = self.converge(check)
        programs = {str(self.folder / "lib/launch"): "#!/bin/sh\n", str(self.folder / "lib/other"): ""}
        run.start(services, programs, restart, prune=True)
        if not check:
            run.wait(services)
        assert not run.outcome.faults
        return run.outcome


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(service_converge, "ROOT", ME)
    monkeypatch.setattr(
        "ansible_collections.rabbitry.stack.plugins.module_utils.service_wait.SIGNLESS_SECONDS", 0
    )
    monkeypatch.setitem(supervisor.KINDS, "fake", FakeSupervisor)
    return Machine(tmp_path)


def test_a_fresh_service_is_written_enabled_and_started_and_then_left_alone(machine: Machine) -> None:
    first, second = machine.service("a"), machine.service("b")
    outcome = machine.up(first, second)
    assert machine.hand.calls == ["enable a", "enable b", "reload", "start a", "start b"]
    assert [Path(path).name for path in outcome.paths] == ["launch", "a.unit", "b.unit"]
    assert outcome.started == ["a", "b"] and outcome.changed
    again = machine.up(first, second)
    assert not again.changed and machine.hand.calls == []
    entry = Ledger("test", machine.folder / "ledger").find("service", "a")
    assert entry and entry["watch"] == [str(machine.config)] and entry["supervisor"] == "fake"
    assert supervisor.described(entry) == first


def test_check_mode_predicts_and_touches_nothing(machine: Machine) -> None:
    outcome = machine.up(machine.service("a"), check=True)
    assert outcome.started == ["a"] and outcome.enabled == ["a"] and outcome.changed
    assert machine.hand.calls == [] and [p.name for p in machine.folder.iterdir()] == ["app.conf"]


@pytest.mark.parametrize("how", ["content", "unit", "asked"])
def test_only_a_real_change_restarts(machine: Machine, how: str) -> None:
    before, other = machine.service("a"), machine.service("b", watch=[])
    machine.up(before, other)
    machine.config.write_text("one")  # written again, with the same content
    assert not machine.up(before, other).changed
    if how == "content":
        machine.config.write_text("two")
    after = machine.service("a", stop_timeout=31) if how == "unit" else before
    outcome = machine.up(after, other, restart=how == "asked")
    assert outcome.restarted == (["a", "b"] if how == "asked" else ["a"])


def test_a_process_that_was_started_after_the_change_is_not_restarted(machine: Machine) -> None:
    machine.up(machine.service("a"))
    machine.config.write_text("two")
    machine.hand.set("a", pid=4711, since=time.time() + 1)
    assert not machine.up(machine.service("a")).changed
    machine.hand.set("a", pid=4712, since=time.time() - 3600)
    assert machine.up(machine.service("a")).restarted == ["a"]


@pytest.mark.parametrize(
    ("state", "due"),
    [
        ({"state": "stopped", "pid": 0}, "started"),
        ({"state": "failed", "pid": 0}, "started"),
        ({"state": "crashing", "pid": 0}, "started"),
        ({"restarts": 3, "pid": 4711, "since": time.time() + 5}, "restarted"),
        ({"stale": True}, ""),
        ({"enabled": False}, ""),
    ],
)
def test_what_does_not_run_well_is_put_right(machine: Machine, state: dict[str, Any], due: str) -> None:
    machine.up(machine.service("a"))
    machine.hand.set("a", **state)
    outcome = machine.up(machine.service("a"))
    assert {"started": outcome.started, "restarted": outcome.restarted}.get(due, ["a"]) == ["a"]
    assert ("start a" in machine.hand.calls) == bool(due)
    assert ("reload" in machine.hand.calls) == bool(state.keys() & {"stale", "enabled"})


def test_services_that_are_no_longer_described_are_removed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.up(machine.service("a"), machine.service("b"))
    removed: list[str] = []
    monkeypatch.setattr(supervisor, "remove", lambda *entries: removed.extend(e["name"] for e in entries))
    outcome = machine.up(machine.service("b"))
    assert outcome.removed == removed == ["a"] and outcome.changed
    names = [e["name"] for e in Ledger("test", machine.folder / "ledger").entries if e["kind"] == "service"]
    assert names == ["b"]


def test_stopping_goes_backwards_and_lasts(machine: Machine) -> None:
    services = [machine.service("a"), machine.service("b")]
    machine.up(*services)
    run = machine.converge()
    machine.hand.calls.clear()
    run.stop(run.recorded())
    assert machine.hand.calls == ["stop b", "stop a", "disable a", "disable b", "reload"]
    assert run.outcome.stopped == ["a", "b"]
    again = machine.converge()
    again.stop(again.recorded())
    assert not again.outcome.changed
    assert machine.up(*services).started == ["a", "b"]
