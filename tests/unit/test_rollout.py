"""A release under running services: one by one, checked, and taken back whole when one does not work."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    history,
    rolling,
    rollout,
    seals,
    service_converge,
    supervisor,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.rolling import Rolling
from ansible_collections.rabbitry.stack.plugins.module_utils.rollout import Rollout
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_converge import Converge
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_check import Lack
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_question import Application

from tests.unit.fake_supervisor import FakeSupervisor

A, B, C = Pair("a", "v"), Pair("b", "v"), Pair("c", "w")
SEAL = {"env": "local", "digest": "code=1"}


class Machine:
    """A host in a folder with release A in use by two workers and beat; `lacks` says what a worker lacks."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.ledgers = folder, folder / "home", folder / "ledger"
        self.hand = FakeSupervisor(folder / "units")
        self.records = folder / "records"
        self.lacks: Callable[[str, str], Lack | None] = lambda service, release: None
        self.ended: list[str] = []
        self.home.mkdir()
        for pair in (A, B, C):
            self.build(pair)
        self.put_links(A)
        worker = ["/bin/celery", "-A", "shop", "worker", "-n"]
        self.define("celery_worker", ("one", [*worker, "one@%h", "-Q", "default,math"]))
        self.define("celery_worker", ("two", [*worker, "two@%h", "-Q", "default"]))
        self.define("celery_beat", ("beat", ["/bin/celery", "-A", "shop", "beat"]))
        self.define("redis", ("redis", ["/bin/redis"]), watch=[])
        seals.seal(**SEAL, root=self.ledgers)
        self.hand.calls.clear()

    def build(self, pair: Pair) -> None:
        ledger = Ledger("celery_app", self.ledgers)
        for kind, digest in (("release", pair.release), ("venv", pair.venv)):
            with (shelf := Shelf(self.home, kind)).locked(ledger):
                shelf.path(digest).mkdir(exist_ok=True)
                shelf.complete(digest)

    def put_links(self, pair: Pair) -> None:
        ledger = Ledger("celery_app", self.ledgers)
        history.put(History(self.home), pair, ledger)
        ledger.save()

    def define(self, owner: str, *named: tuple[str, list[str]], watch: Sequence[str] | None = None) -> None:
        watched = [f"{self.home}/venv", f"{self.home}/current"] if watch is None else watch
        services = [
            Service.from_vars({"name": name, "command": command, "user": "app", "watch": watched})
            for name, command in named
        ]
        run = Converge(self.hand, owner, False, self.ledgers, self.records)
        run.start(services, {}, False, prune=False)
        run.wait(services)
        assert not run.outcome.faults

    def rollout(self, run: str = "1", **options: str) -> Rollout:
        def check(service: Service, seconds: float) -> Lack | None:
            return self.lacks(service.name, Pair.linked(self.home).release)

        def drain(service: Service) -> None:
            self.hand.calls.append(f"drain {service.name}")

        roller = Rolling(self.hand, 5, check, drain, self.records)
        roller.end = lambda service: self.ended.append(service.name)  # type: ignore[method-assign]
        given = Application("", "", "")
        return Rollout(self.home, given, roller, run=run, ledgers=self.ledgers, **options)

    def starts(self) -> list[str]:
        return [call.partition(" ")[2] for call in self.hand.calls if call.startswith("start ")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    me = {"user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
    monkeypatch.setattr(service_converge, "ROOT", me)
    monkeypatch.setattr(
        "ansible_collections.rabbitry.stack.plugins.module_utils.service_wait.SIGNLESS_SECONDS", 0
    )
    monkeypatch.setitem(supervisor.KINDS, "fake", FakeSupervisor)
    return Machine(tmp_path)


def refused(rollout: Rollout, pair: Pair, part: str = "workers") -> DeploymentError:
    with pytest.raises(DeploymentError) as caught:
        rollout.put(pair, part)
    return caught.value


def test_workers_come_one_by_one_then_the_others_and_nothing_else(machine: Machine) -> None:
    first = machine.rollout()
    assert first.predict(B, "workers")
    assert first.put(B, "workers")
    assert machine.starts() == ["one", "two"] and first.replaced == ["one", "two"]
    assert Pair.linked(machine.home) == B
    assert machine.rollout().put(B, "others") and machine.starts() == ["one", "two", "beat"]
    use = History(machine.home).current
    assert use and (use.pair, use.by, use.run) == (B, "deploy", "1")
    assert seals.current(machine.ledgers) == SEAL


def test_a_second_time_changes_nothing(machine: Machine) -> None:
    for part in ("workers", "others"):
        machine.rollout().put(B, part)
    machine.hand.calls.clear()
    assert not machine.rollout("2").predict(B, "workers")
    assert not machine.rollout("2").put(B, "workers") and not machine.rollout("2").put(B, "others")
    assert machine.hand.calls == [] and len(History(machine.home).uses) == 2


def test_what_runs_comes_to_rest_before_it_is_replaced(machine: Machine) -> None:
    machine.hand.set("two", state="stopped", pid=0)
    machine.rollout().put(B, "workers")
    assert machine.hand.calls == ["drain one", "start one", "start two"]


def test_each_worker_works_before_the_next_ones_turn(machine: Machine) -> None:
    seen: list[tuple[str, list[str]]] = []
    machine.lacks = lambda service, release: seen.append((service, machine.starts()))
    machine.rollout().put(B, "workers")
    assert seen == [("one", ["one"]), ("two", ["one", "two"])]


def test_the_first_that_does_not_work_ends_it_and_what_ran_before_runs_again(machine: Machine) -> None:
    machine.lacks = lambda service, release: (
        Lack("does not answer", mute=True, late=True) if release == "b" else None
    )
    error = refused(machine.rollout(), B)
    assert machine.starts() == ["one", "one"] and machine.ended == ["one"]
    assert Pair.linked(machine.home) == A
    assert str(error).startswith("release `b` was taken back and release `a` runs again: service `one` on ")
    assert str(error).endswith(" does not answer within 5 s")
    assert error.hint == "tail one.log" and error.log[-1] == "it ends"
    past = History(machine.home)
    assert past.current and past.current.pair == A and past.refused.keys() == {B}
    assert seals.current(machine.ledgers) == SEAL


def test_what_worked_already_goes_back_too(machine: Machine) -> None:
    machine.lacks = lambda service, release: Lack("has none") if (service, release) == ("two", "b") else None
    refused(machine.rollout(), B)
    # It may be at work on a task: nobody ends it by force.
    assert machine.starts() == ["one", "two", "two", "one"] and machine.ended == []


def test_others_take_the_workers_back_with_them(machine: Machine) -> None:
    machine.rollout().put(B, "workers")
    machine.hand.calls.clear()
    machine.lacks = lambda service, release: Lack("is ill") if (service, release) == ("beat", "b") else None
    refused(machine.rollout(), B, "others")
    assert machine.starts() == ["beat", "beat", "one", "two"] and Pair.linked(machine.home) == A


def test_an_environment_that_does_not_work_is_named(machine: Machine) -> None:
    machine.build(Pair("a", "w"))
    machine.lacks = lambda service, release: Lack("is ill") if Pair.linked(machine.home).venv == "w" else None
    error = refused(machine.rollout(), Pair("a", "w"))
    assert str(error).startswith("environment `w` was taken back and environment `v` runs again")


def test_both_that_do_not_work_are_said_and_the_seal_is_broken(machine: Machine) -> None:
    machine.lacks = lambda service, release: Lack("is ill")
    error = refused(machine.rollout(), B)
    assert "release `b` does not work: " in str(error) and "; nor does the one before: " in str(error)
    assert seals.current(machine.ledgers) == {}


def test_a_worker_that_ends_by_itself_is_a_fault(machine: Machine) -> None:
    def look() -> None:
        if Pair.linked(machine.home) == B and machine.starts():
            machine.hand.set("one", state="failed", pid=0)

    machine.hand.on_look = look
    error = refused(machine.rollout(), B)
    assert "`one`" in str(error) and "has ended and is not started again" in str(error)


def test_what_is_in_use_is_not_taken_back_for_a_worker_that_fails_later(machine: Machine) -> None:
    for part in ("workers", "others"):
        machine.rollout().put(B, part)
    machine.hand.set("one", state="stopped", pid=0)
    machine.lacks = lambda service, release: Lack("is ill")
    error = refused(machine.rollout("2"), B)
    assert "is ill" in str(error) and "taken back" not in str(error)
    assert Pair.linked(machine.home) == B


def test_a_pair_that_is_not_there_is_refused_before_anything(machine: Machine) -> None:
    error = refused(machine.rollout(), Pair("nowhere", "v"))
    assert "release `nowhere` with environment `v` is not on " in str(error)
    assert machine.hand.calls == [] and Pair.linked(machine.home) == A


def test_a_roll_back_imports_first(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object) -> list[str]:
        raise DeploymentError(f"cannot import {words[0]} in {Path(str(words[1])).name}")

    monkeypatch.setattr(rollout, "import_check", refuse)
    back = machine.rollout(by="rollback")
    back.application = Application("shop", "", "")
    assert str(refused(back, B)) == "cannot import shop in b"
    assert machine.hand.calls == [] and Pair.linked(machine.home) == A


def test_the_old_process_may_finish_before_the_new_ones_time_runs(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    old = machine.hand.known["one"].pid

    def start(services: Sequence[Service]) -> None:
        machine.hand.calls.append(f"start {services[0].name}")

    def look() -> None:
        if "start one" in machine.hand.calls and len(looks) < 4:
            looks.append(machine.hand.known["one"].pid)
            if len(looks) == 4:
                FakeSupervisor.start(machine.hand, [machine.rollout().services("workers")[0]])

    monkeypatch.setattr(machine.hand, "start", start)
    machine.hand.on_look = look
    roller = machine.rollout().rolling
    assert roller.replace(machine.rollout().services("workers")[0]) is None
    assert looks == [old] * 4 and machine.hand.known["one"].pid != old


def test_a_process_that_does_not_listen_is_ended_by_force(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(rolling, "PATIENCE", 0.1)
    monkeypatch.setattr(rolling, "alive", lambda pid: len(sent) < 2)
    monkeypatch.setattr(rolling.os, "kill", lambda pid, number: sent.append(number))
    Rolling(machine.hand, 5, lambda *_: None, lambda _: None).end(machine.rollout().services("workers")[0])
    assert sent == [15, 9]
