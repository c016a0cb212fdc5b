"""What `inv rebuild` does, refuses and takes up again; Ansible, the hosts and the proof are played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rabbitry import ansible, rebuild
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import Stack
from tests.unit.stack_document import document

NO_EXPORT = "RabbitMQ on host `localhost` did not give its definitions, so nothing was done"


class Site:
    """Plays the playbooks; the one that `breaks` names fails, `drain` leaves an export."""

    def __init__(self, environment: Environment, breaks: str = "", why: str = "2 messages remain") -> None:
        self.environment = environment
        self.breaks = breaks
        self.why = why
        self.ran: list[tuple[str, dict[str, Any]]] = []

    def run(self, playbook: str, environment: Environment, **options: Any) -> ansible.Run:
        self.ran.append((playbook, options.get("extra") or {}))
        if playbook == "drain" and self.ran[-1][1]["rabbitry_exports"]:
            folder = environment.state / "backup"
            folder.mkdir(exist_ok=True)
            (folder / f"definitions-{len(self.ran)}.json").write_text("{}", encoding="utf-8")
        if playbook == self.breaks:
            raise StackError(self.why, "./inv rebuild --leave")
        return ansible.Run(playbook, 1.0, (), Path("log"), (Fault("the policy `x` did not come back"),))

    @property
    def playbooks(self) -> list[str]:
        return [name for name, _ in self.ran]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    found = Environment("local", tmp_path / "inventory" / "local.yml", tmp_path)
    found.prepare()
    found.stack.write_text(json.dumps(document()), encoding="utf-8")
    return found


def run(monkeypatch: pytest.MonkeyPatch, site: Site, **options: Any) -> None:
    stack = Stack.from_data(document())
    queues = [{"vhost": "app", "name": "math", "ready": 2, "unacknowledged": 1}]
    monkeypatch.setattr(rebuild, "current", lambda environment: stack)
    monkeypatch.setattr(rebuild, "pulses", lambda *_: {"localhost": {"broker": {"queues": queues}}})
    monkeypatch.setattr(rebuild, "prove", lambda *_: None)
    monkeypatch.setattr(rebuild.ansible, "run", site.run)
    rebuild.rebuild(site.environment, **{"yes": True} | options)


def test_it_says_what_it_does_drains_and_builds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    site = Site(environment)
    run(monkeypatch, site, wait=7)
    assert site.playbooks == ["drain", "rebuild"]
    (_, first), (_, second) = site.ran
    assert first["rabbitry_drains"] and first["rabbitry_drain"] == 7 and first["rabbitry_rebuilds"]
    assert first["rabbitry_services"] == {
        "beats": {"localhost": ["stack-beat"]},
        "workers": {"localhost": ["stack-worker-default", "stack-worker-math"]},
    }
    assert second["rabbitry_export"] == str(environment.state / "backup" / "definitions-1.json")
    assert not (environment.state / rebuild.NOTE).exists()
    shown = capsys.readouterr()
    assert "there are 3 messages (math 3)" in shown.out and "nothing of it is deleted" in shown.out
    assert "the policy `x` did not come back" in shown.err


def test_one_of_several_is_not_built_anew(monkeypatch: pytest.MonkeyPatch, environment: Environment) -> None:
    site, data = Site(environment), document()
    several = Stack.from_data({**data, "brokers": data["brokers"] * 3})
    monkeypatch.setattr(rebuild, "current", lambda environment: several)
    monkeypatch.setattr(rebuild.ansible, "run", site.run)
    with pytest.raises(StackError, match="only one broker on a host is built anew, not 3 on hosts"):
        rebuild.rebuild(environment, yes=True)
    assert site.playbooks == []


def test_without_consent_nothing_is_done(monkeypatch: pytest.MonkeyPatch, environment: Environment) -> None:
    monkeypatch.setattr(rebuild.report, "confirm", lambda question: False)
    site = Site(environment)
    with pytest.raises(StackError, match="nothing was done"):
        run(monkeypatch, site, yes=False)
    assert site.ran == [] and not (environment.state / rebuild.NOTE).exists()


def test_what_is_in_the_way_lets_everything_run_on(
    monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    site = Site(environment, "drain")
    with pytest.raises(StackError, match="2 messages remain"):
        run(monkeypatch, site)
    assert site.playbooks == ["drain", "start"]
    assert not (environment.state / rebuild.NOTE).exists()


def test_messages_are_left_behind_only_when_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    site = Site(environment)
    run(monkeypatch, site, leave=True)
    assert not site.ran[0][1]["rabbitry_drains"] and site.ran[0][1]["rabbitry_exports"]
    assert "left behind in the old data" in capsys.readouterr().out


def test_a_broker_that_cannot_export_is_refused_with_the_way_without(
    monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    with pytest.raises(StackError) as refused:
        run(monkeypatch, Site(environment, "drain", NO_EXPORT))
    assert "./inv rebuild --without-export" in refused.value.hint
    site = Site(environment)
    run(monkeypatch, site, without_export=True)
    assert not site.ran[0][1]["rabbitry_exports"] and site.ran[1][1]["rabbitry_export"] == ""


def test_an_earlier_export_can_be_given(
    monkeypatch: pytest.MonkeyPatch, environment: Environment, tmp_path: Path
) -> None:
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps({"vhosts": [], "users": []}), encoding="utf-8")
    site = Site(environment)
    run(monkeypatch, site, definitions=str(path))
    assert not site.ran[0][1]["rabbitry_exports"] and site.ran[1][1]["rabbitry_export"] == str(path)


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"users": []}'])
def test_what_is_no_export_is_refused_before_anything(
    monkeypatch: pytest.MonkeyPatch, environment: Environment, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "wrong.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    site = Site(environment)
    with pytest.raises(StackError, match=r"wrong\.json"):
        run(monkeypatch, site, definitions=str(path))
    assert site.ran == []


def test_an_interrupted_one_is_taken_up_with_its_name_and_export(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    site = Site(environment, "rebuild", "interrupted")
    with pytest.raises(StackError) as broken:
        run(monkeypatch, site)
    assert broken.value.faults[-1].hint == "./inv rebuild"
    begun = rebuild.Begun.read(environment.state / rebuild.NOTE)
    assert begun and begun.export.endswith("definitions-1.json")
    again = Site(environment)
    # The data is aside already: `drain` exports nothing, what the first run has exported counts.
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    run(monkeypatch, again)
    assert again.ran[0][1]["rabbitry_aside"] == begun.stamp
    assert again.ran[1][1]["rabbitry_export"] == begun.export
    assert "takes up the rebuild" in capsys.readouterr().out
