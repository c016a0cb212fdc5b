"""Remote hosts are entered once, a password is asked for when one is wanted, refusals come all at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rabbitry import access
from rabbitry.environment import Environment
from rabbitry.errors import StackError

SECRET = "open sesame"


class Hosts:
    """Hosts by name: what they say (a state), and `password` is answered by SECRET alone."""

    def __init__(self, environment: Environment, **states: str) -> None:
        self.environment, self.states = environment, states
        self.given: list[str | None] = []

    def look(self, secret: str | None) -> None:
        self.given.append(secret)
        hosts = [self.door(name, state, secret) for name, state in self.states.items()]
        path = self.environment.state / "access.json"
        path.write_text(json.dumps({"schema": 1, "hosts": hosts}), encoding="utf-8")

    def door(self, name: str, state: str, secret: str | None) -> dict[str, object]:
        if state == "password" and secret is not None:
            state = "entered" if secret == SECRET else "wrong"
        told = {} if state == "entered" else {"message": f"{name} says {state}", "hint": "true"}
        return {"name": name, "ssh": ["ssh", name], "user": "deploy", "state": state, **told}


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    environment = Environment("far", tmp_path / "inventory" / "far.yml", tmp_path)
    environment.prepare()
    yield environment
    access._known.clear()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal on which these words are typed; the questions take their place."""
    answers: list[str] = []

    def getpass(question: str) -> str:
        answers.append(question)
        return answers.pop(0)

    monkeypatch.setattr("getpass.getpass", getpass)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    return answers


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)


def test_hosts_that_want_no_password_ask_nothing(environment: Environment, typed: list[str]) -> None:
    hosts = Hosts(environment, web1="entered", web2="entered")
    for _ in range(2):
        assert access.enter(environment, hosts.look).secret is None
    assert hosts.given == [None]
    assert typed == []


def test_a_password_is_asked_for_once(environment: Environment, typed: list[str]) -> None:
    hosts = Hosts(environment, web1="password", web2="entered", web3="password")
    typed.append(SECRET)
    for _ in range(2):
        found = access.enter(environment, hosts.look)
    assert found.secret == SECRET and SECRET not in repr(found)
    assert typed == ["sudo password of deploy on web1, web3: "]
    assert hosts.given == [None, SECRET]


def test_a_wrong_password_may_be_typed_again(environment: Environment, typed: list[str]) -> None:
    hosts = Hosts(environment, web1="password")
    typed += ["no", "never", SECRET]
    assert access.enter(environment, hosts.look).secret == SECRET
    assert hosts.given == [None, "no", "never", SECRET]


def test_three_wrong_passwords_are_enough(environment: Environment, typed: list[str]) -> None:
    typed += ["no", "never", "nowhere"]
    with pytest.raises(StackError, match="web1 says wrong"):
        access.enter(environment, Hosts(environment, web1="password").look)


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_all_refusals_come_at_once(environment: Environment) -> None:
    hosts = Hosts(environment, web1="password", web2="refused", web3="entered")
    with pytest.raises(StackError) as caught:
        access.enter(environment, hosts.look)
    assert [fault.message for fault in caught.value.faults] == [
        "web1 says password, and there is no terminal to ask on",
        "web2 says refused",
    ]


def test_nothing_is_asked_when_another_host_refuses(environment: Environment, typed: list[str]) -> None:
    with pytest.raises(StackError) as caught:
        access.enter(environment, Hosts(environment, web1="password", web2="refused").look)
    assert [fault.message for fault in caught.value.faults] == ["web2 says refused"]
    assert typed == []


def test_who_can_do_without_a_host_gets_the_others(environment: Environment, typed: list[str]) -> None:
    hosts = Hosts(environment, web1="password", web2="refused")
    typed.append(SECRET)
    found = access.enter(environment, hosts.look, all_or_none=False)
    assert (found.entered, found.secret) == (["web1"], SECRET)
    assert [fault.message for fault in access.refusals(environment)] == ["web2 says refused"]


def test_no_host_at_all_is_an_error_for_them_too(environment: Environment) -> None:
    with pytest.raises(StackError, match="web2 says refused"):
        access.enter(environment, Hosts(environment, web2="refused").look, all_or_none=False)
