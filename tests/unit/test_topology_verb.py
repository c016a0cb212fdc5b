"""What `inv topology` shows and does by what the broker's comparison says; Ansible is played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rabbitry import topology
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from tests.unit.stack_document import document

ADD = {
    "action": "add",
    "what": "queue `q` on vhost `app`",
    "before": None,
    "after": {"durable": True, "arguments": {}},
}
CHANGE = {"action": "change", "what": "user `shop`", "before": {"tags": ["a"]}, "after": {"tags": []}}
REFUSE = {"action": "refuse", "what": "queue `x` on vhost `app`", "before": {}, "after": {}}
REFUSE |= {
    "message": "queue `x` on vhost `app` exists with `durable` `False`",
    "hint": "rabbitmqctl delete_queue x",
}
LEAVE = {"action": "leave", "what": "user `eve`", "before": None, "after": None}
PASSWORD = {"action": "change", "before": {"password": "another"}, "after": {"password": "as declared"}}


class Site:
    """Plays the playbooks: `plan` leaves the given comparison, every one is written down."""

    def __init__(self, environment: Environment, *entries: dict[str, Any], answers: bool = True) -> None:
        self.environment = environment
        self.ran: list[str] = []
        plain = [{"message": "", "hint": "", **one} for one in entries]
        self.text = json.dumps({"answers": answers, "plan": plain, "undeclared": []})

    def run(self, playbook: str, environment: Environment, **_: Any) -> None:
        self.ran.append(playbook)
        if playbook == "plan":
            folder = environment.state / "plan"
            folder.mkdir(exist_ok=True)
            assert list(folder.iterdir()) == []
            (folder / "web1.json").write_text(self.text, encoding="utf-8")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    found = Environment("local", tmp_path / "inventory" / "local.yml", tmp_path)
    found.prepare()
    found.stack.write_text(json.dumps(document()), encoding="utf-8")
    (found.state / "plan").mkdir()
    (found.state / "plan" / "gone.json").write_text("of an earlier run", encoding="utf-8")
    return found


def run(monkeypatch: pytest.MonkeyPatch, site: Site, **options: bool) -> int:
    monkeypatch.setattr("rabbitry.ansible.run", site.run)
    return topology.topology(site.environment, **options)


def test_only_what_differs_is_done_and_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    site = Site(environment, ADD, CHANGE, LEAVE)
    assert run(monkeypatch, site) == 0
    assert site.ran == ["plan", "topology"]
    assert capsys.readouterr().out.splitlines() == [
        "web1: 1 to add, 1 to change, 1 undeclared and left alone",
        "  + queue `q` on vhost `app`: durable true",
        '  ~ user `shop`: tags ["a"] -> []',
        "  ? user `eve`",
    ]


def test_a_plan_and_a_broker_that_has_everything_change_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    site = Site(environment, ADD)
    assert run(monkeypatch, site, plan=True) == 0
    assert site.ran == ["plan"]
    capsys.readouterr()
    site = Site(environment, LEAVE)
    assert run(monkeypatch, site) == 0
    assert site.ran == ["plan"]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "web1: the broker holds what is declared; 1 undeclared and left alone"


@pytest.mark.parametrize("plan", [True, False])
def test_what_cannot_change_ends_it_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment, plan: bool
) -> None:
    site = Site(environment, REFUSE, ADD)
    assert run(monkeypatch, site, plan=plan) == 1
    assert site.ran == ["plan"]
    assert capsys.readouterr().out.splitlines() == [
        "web1: 1 to add, 1 that the broker cannot change",
        "  x queue `x` on vhost `app` exists with `durable` `False`",
        "    hint: rabbitmqctl delete_queue x",
        "  + queue `q` on vhost `app`: durable true",
    ]


def test_a_password_that_services_use_is_left_to_up(
    monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    ours = {**PASSWORD, "what": "user `app`"}
    site = Site(environment, ours)
    with pytest.raises(StackError, match="the password of user `app` on web1 is another") as caught:
        run(monkeypatch, site)
    assert (caught.value.faults[0].hint, site.ran) == ("./inv up", ["plan"])
    site = Site(environment, {**PASSWORD, "what": "user `shop`"})
    assert run(monkeypatch, site) == 0
    assert site.ran == ["plan", "topology"]


def test_a_broker_that_is_not_there_is_left_to_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    site = Site(environment, ADD, answers=False)
    with pytest.raises(StackError, match="no broker answers on web1"):
        run(monkeypatch, site)
    assert capsys.readouterr().out.startswith("web1: no broker answers yet; 1 to add\n")


def test_programs_get_it_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Environment
) -> None:
    run(monkeypatch, Site(environment, ADD), plan=True, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["host"], found["answers"], found["plan"][0]["what"]) == ("web1", True, ADD["what"])
