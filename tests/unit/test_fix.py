"""The verb `fix`: a plan, consent, then the remedy and the proof; an unknown name is told the known ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rabbitry import ansible, fix, report
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack

THING = {"name": "/var/lib/redis", "before": "root:root 0777", "after": "redis:redis 0750"}


class Site:
    """An environment whose playbook writes `things` down; `runs` are the playbooks that ran."""

    def __init__(self, root: Path) -> None:
        self.environment = Environment("local", root / "inventory/local.yml", root)
        self.environment.state.mkdir(parents=True)
        self.things = [THING]
        self.runs: list[str] = []
        self.fails = False

    def run(self, playbook: str, environment: Environment, *, check: bool = False, **_: Any) -> None:
        document = {"schema": 1, "hosts": [{"name": "web1", "restored": self.things}]}
        (environment.state / fix.RESTORED).write_text(json.dumps(document))
        self.runs.append(f"{playbook} check" if check else playbook)
        if self.fails:
            raise StackError("`x` is a link")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path)
    monkeypatch.setattr(ansible, "run", made.run)
    monkeypatch.setattr(Stack, "load", lambda path: None)
    monkeypatch.setattr(fix, "prove", lambda *_: made.runs.append("proof"))
    return made


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "which fix is not said"),
        ("permission", "no fix `permission`: did you mean `permissions`"),
        ("../x", "no fix `../x`"),
    ],
)
def test_an_unknown_fix_is_told_what_is_like_it(site: Site, name: str, said: str) -> None:
    with pytest.raises(StackError) as error:
        fix.fix(site.environment, name)
    assert error.value.message.startswith(said)
    assert error.value.hint == "./inv doctor"
    assert site.runs == []


def test_check_only_tells(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    fix.fix(site.environment, "permissions", check=True)
    assert site.runs == ["permissions check"]
    assert capsys.readouterr().out.splitlines() == [
        "web1: 1 would be put right",
        "  /var/lib/redis: root:root 0777 -> redis:redis 0750",
    ]


def test_nothing_is_done_without_consent(site: Site) -> None:
    with pytest.raises(StackError, match="nothing was changed") as error:
        fix.fix(site.environment, "permissions")
    assert error.value.hint == "./inv fix permissions --yes"
    assert site.runs == ["permissions check"]


@pytest.mark.parametrize("consent", [True, False])
def test_with_consent_it_is_done_and_proven(
    site: Site, monkeypatch: pytest.MonkeyPatch, consent: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "confirm", lambda question: True)
    fix.fix(site.environment, "permissions", yes=not consent)
    assert site.runs == [*(["permissions check"] if consent else []), "permissions", "proof"]
    assert "web1: 1 put right" in capsys.readouterr().out


def test_there_is_nothing_to_ask_when_all_is_right(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.things = []
    fix.fix(site.environment, "permissions")
    assert site.runs == ["permissions check", "permissions", "proof"]
    assert "web1: nothing put right" in capsys.readouterr().out


def test_what_was_done_is_told_also_when_the_rest_is_refused(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.fails = True
    with pytest.raises(StackError, match="is a link"):
        fix.fix(site.environment, "permissions", yes=True)
    assert "web1: 1 put right" in capsys.readouterr().out
    assert site.runs == ["permissions"]


def test_a_long_list_is_cut(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.things = [{**THING, "name": str(number)} for number in range(90)]
    fix.fix(site.environment, "permissions", check=True)
    assert capsys.readouterr().out.splitlines()[-1] == "  and 10 more"
