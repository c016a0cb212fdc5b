"""What `inv deploy` and `inv rollback` do by what the hosts tell; Ansible and the proof are played."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rabbitry import ansible, deploy, past, releases, rollback
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.past import Past
from tests.unit.stack_document import document

OLD, NEW = {"release": "a" * 16, "venv": "e" * 16}, {"release": "b" * 16, "venv": "e" * 16}

MINE = {"rabbitry_app": "app", "rabbitry_run": "run-1"}


def use(pair: dict[str, str], by: str = "deploy", run: str = "", failed: str = "", kept: bool = True) -> Any:
    return {**pair, "since": 1e9, "by": by, "run": run, "failed": failed, "kept": kept}


def told(*uses: Any, before: dict[str, str] | None = None) -> dict[str, Any]:
    return {"uses": list(uses), "before": before}


class Site:
    """Plays two hosts; a deployment fails on the host that `breaks` names, `unproven` lets the proof fail."""

    def __init__(self) -> None:
        self.told = {name: told(use(OLD, "up")) for name in ("web1", "web2")}
        self.ran: list[tuple[str, dict[str, Any]]] = []
        self.breaks = ""
        self.unproven = False
        self.ready: dict[str, int] = {}
        self.said = ""

    def run(self, playbook: str, environment: Environment, **options: Any) -> None:
        extra = options["extra"]
        self.ran.append((playbook, extra))
        if playbook == "deploy":
            for name in self.told:
                if name == self.breaks:
                    raise StackError("release does not work", "journalctl", ["last line"])
                self.told[name] = told(
                    *self.told[name]["uses"], use(NEW, run=extra["rabbitry_run"]), before=OLD
                )
        else:
            for name, pair in extra["rabbitry_pairs"].items():
                self.told[name] = told(*self.told[name]["uses"], use(pair, "rollback", extra["rabbitry_run"]))

    def pulses(self, *_: Any) -> dict[str, Any]:
        queues = [{"vhost": "app", "name": name, "ready": ready} for name, ready in self.ready.items()]
        return {
            name: {"releases": {"app": one}, "broker": {"queues": queues}} for name, one in self.told.items()
        }

    def prove(
        self, environment: Environment, stack: Any, progress: Any, excuse: Callable[[], str] = str
    ) -> None:
        if self.unproven and not self.excused(excuse()):
            raise StackError("no answer", "./inv logs")

    def excused(self, said: str) -> str:
        self.said = said
        return said

    def release(self, name: str) -> str:
        current = Past.read(self.told[name]).current
        return current.release[0] if current else ""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site()
    monkeypatch.setattr(ansible, "run", made.run)
    monkeypatch.setattr(rollback, "new_run", lambda: "run-1")
    monkeypatch.setattr(deploy, "new_run", lambda: "run-1")
    for module in (releases, deploy):
        monkeypatch.setattr(module, "pulses", made.pulses)
    for module in (rollback, deploy):
        monkeypatch.setattr(module, "prove", made.prove)
    return made


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    found = Environment("local", tmp_path / "inventory" / "local.yml", tmp_path)
    found.inventory.parent.mkdir()
    found.inventory.write_text("all:\n")
    found.prepare()
    found.stack.write_text(json.dumps(document()), encoding="utf-8")
    return found


def refused(environment: Environment, verb: Any, *words: str, **options: Any) -> tuple[Fault, ...]:
    with pytest.raises(StackError) as caught:
        verb(environment, *words, **options)
    return caught.value.faults


def test_a_deployment_tells_what_was_and_is_in_use(
    environment: Environment, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy.deploy(environment)
    assert site.ran == [("deploy", MINE)]
    assert "web2  aaaaaaaa  bbbbbbbb" in capsys.readouterr().out


def test_another_application_is_named(environment: Environment, site: Site) -> None:
    for verb in (deploy.deploy, rollback.rollback):
        assert refused(environment, verb, "shop")[0].message == "no application `shop`: there is `app`"
    assert site.ran == []


def test_what_works_on_one_host_goes_back_when_it_does_not_on_another(
    environment: Environment, site: Site
) -> None:
    site.breaks = "web2"
    first, second = refused(environment, deploy.deploy)
    assert first == Fault("release does not work", "journalctl", ("last line",))
    assert second.message == "what ran before runs again on web1"
    assert site.ran[1] == ("rollback", {**MINE, "rabbitry_pairs": {"web1": OLD}})
    assert (site.release("web1"), site.release("web2")) == ("a", "a")


def test_what_never_was_in_use_is_not_taken_back(environment: Environment, site: Site) -> None:
    site.breaks = "web1"
    assert [fault.message for fault in refused(environment, deploy.deploy)] == ["release does not work"]
    assert [playbook for playbook, _ in site.ran] == ["deploy"]


def test_an_earlier_deployment_is_not_taken_back_for_a_later_one(
    environment: Environment, site: Site
) -> None:
    site.told["web1"] = told(use(OLD, "up"), use(NEW, run="run-0"), before=OLD)
    site.breaks = "web1"
    assert len(refused(environment, deploy.deploy)) == 1 and len(site.ran) == 1


def test_a_release_without_proof_goes_back_everywhere(environment: Environment, site: Site) -> None:
    site.unproven = True
    first, second = refused(environment, deploy.deploy)
    assert (first.message, second.message) == ("no answer", "what ran before runs again on web1, web2")
    assert site.ran[1][1]["rabbitry_pairs"] == {"web1": OLD, "web2": OLD}


def test_a_proof_behind_many_messages_is_no_fault(environment: Environment, site: Site) -> None:
    site.unproven, site.ready = True, {"math": 5000, "not ours": 7, "default": 0}
    deploy.deploy(environment)
    assert site.said == "messages wait before it: 5000 in math"
    assert site.release("web1") == "b"


def test_a_roll_back_leads_every_host_to_its_own_past(environment: Environment, site: Site) -> None:
    site.told["web1"] = told(use(OLD), use(NEW), before=OLD)
    other = {"release": "c" * 16, "venv": "e" * 16}
    site.told["web2"] = told(use(other), use(NEW), before=other)
    rollback.rollback(environment)
    assert site.ran == [("rollback", {**MINE, "rabbitry_pairs": {"web1": OLD, "web2": other}})]


def test_a_host_that_cannot_go_back_keeps_all_from_it(environment: Environment, site: Site) -> None:
    site.told["web1"] = told(use(OLD), use(NEW), before=OLD)
    (fault,) = refused(environment, rollback.rollback)
    assert fault == Fault("host web2 has no release from before this one", "./inv rollback --list")
    assert len(refused(environment, rollback.rollback, to="0")) == 2
    assert site.ran == []


def test_a_named_release_must_be_kept(
    environment: Environment, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = {"release": "d" * 16, "venv": "e" * 16}
    for name in site.told:
        site.told[name] = told(use(gone, kept=False), use(OLD), use(NEW), before=OLD)
    assert refused(environment, rollback.rollback, to="dd")[0].message == "host web1 has no release `dd`"
    rollback.rollback(environment, to="aaa")
    assert site.release("web1") == "a"
    capsys.readouterr()
    rollback.rollback(environment, to="aaa")
    assert capsys.readouterr().out == "every host has release aaa in use already\n"


def test_the_list_shows_the_newest_first_and_what_became_of_each(
    environment: Environment, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    uses = [use(OLD, "up", kept=False), use(NEW), use({**OLD, "release": "c" * 16}, failed="it is ill")]
    site.told = {"web1": told(*uses)}
    for verb in (deploy.deploy, rollback.rollback):
        verb(environment, history=True)
        lines = capsys.readouterr().out.splitlines()
        assert [line[:18].split() for line in lines[1:]] == [
            ["web1", "cccccccc"],
            ["*", "web1", "bbbbbbbb"],
            ["web1", "aaaaaaaa"],
        ]
        assert lines[1].endswith("taken back: it is ill") and lines[3].endswith("no longer on the host")
    assert site.ran == []


def test_a_host_with_nothing_in_use_has_no_current_release() -> None:
    assert Past.read(told(use(NEW, failed="no"))).current is None
    assert past.targets({"web1": Past.read(told(use(NEW), before=None))}, "b", "")[0] == {}


@pytest.mark.parametrize("verb", [deploy.deploy, rollback.rollback])
def test_a_stack_in_containers_has_no_releases(environment: Environment, site: Site, verb: Any) -> None:
    environment.stack.write_text(json.dumps({**document(), "runs_on": "compose"}), encoding="utf-8")
    (fault,) = refused(environment, verb)
    assert "runs in containers, which have no releases" in fault.message and "./inv up" in fault.hint
    assert site.ran == []
