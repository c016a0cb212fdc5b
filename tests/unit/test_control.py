"""Which services a word means, which commands reach them, and who gets to see a password."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from rabbitry import control, destroy, secrets
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from tests.unit.test_model import STACK


@pytest.fixture
def stack() -> Stack:
    """Two hosts: the broker under systemd, two workers under supervisord."""
    data = copy.deepcopy(STACK)
    data["hosts"][0]["services"] = [{"name": "rabbitmq-server", "description": "RabbitMQ"}]
    names = ("stack-worker-default", "stack-worker-mail")
    data["hosts"].append(
        data["hosts"][0]
        | {
            "name": "work1",
            "connection": "ssh",
            "supervisor": "supervisord",
            "logs": "/var/log/rabbitry",
            "services": [{"name": name, "description": name} for name in names],
        }
    )
    return Stack.from_data(data)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    environment = Environment("local", tmp_path / "inventory" / "local.yml", tmp_path)
    environment.prepare()
    environment.stack.write_text(json.dumps(STACK), encoding="utf-8")
    environment.secrets.write_text(json.dumps({"app": "p@ss w/o'rd", "admin": "x"}), encoding="utf-8")
    return environment


@pytest.mark.parametrize(
    ("word", "services"),
    [
        ("", ["rabbitmq-server", "stack-worker-default", "stack-worker-mail"]),
        ("worker", ["stack-worker-default", "stack-worker-mail"]),
        ("rabbitmq", ["rabbitmq-server"]),
        ("stack-worker-mail", ["stack-worker-mail"]),
    ],
)
def test_a_word_means_services(stack: Stack, word: str, services: list[str]) -> None:
    assert [name for _, names in control.choose(stack, word) for name in names] == services


def test_an_unknown_service_is_answered_with_those_there_are(stack: Stack) -> None:
    with pytest.raises(
        StackError, match="no service `nginx`: there is `rabbitmq-server`, `stack-worker-default`"
    ):
        control.choose(stack, "nginx")


def test_every_supervisor_has_its_commands() -> None:
    assert control.restarting("systemd", ["a", "b"]) == [
        ["systemctl", "restart", "a"],
        ["systemctl", "restart", "b"],
    ]
    assert control.restarting("supervisord", ["a"])[0][-2:] == ["restart", "a"]
    assert control.logs("systemd", ["a", "b"], 5, True)[-3:] == ["--follow", "--unit=a", "--unit=b"]
    assert control.logs("supervisord", ["a"], 5) == ["tail", "-n", "5", "--", "/var/log/rabbitry/a.log"]
    with pytest.raises(StackError, match="unknown supervisor `openrc`"):
        control.logs("openrc", ["a"], 5)


def test_one_secret_is_printed_alone(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    secrets.show(environment, "app")
    assert capsys.readouterr().out == "p@ss w/o'rd\n"


def test_the_list_of_secrets_carries_none(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.show(environment)
    out = capsys.readouterr().out
    assert "app" in out and "./inv secrets admin" in out and "p@ss" not in out


def test_an_unknown_secret_is_answered_with_those_there_are(environment: Environment) -> None:
    with pytest.raises(StackError, match="no secret `root`: there is `admin`, `app`"):
        secrets.show(environment, "root")


def test_a_plan_of_destroy_is_read(environment: Environment) -> None:
    user, package = {"kind": "user", "name": "celery"}, {"kind": "package", "name": "ca", "why": "not ours"}
    hosts = [{"name": "web1", "removed": [user], "restored": [], "kept": [package]}]
    text = json.dumps({"schema": 1, "hosts": hosts})
    (environment.state / "destroy.json").write_text(text, encoding="utf-8")
    assert destroy.read(environment) == [
        destroy.Plan("web1", ("user celery",), (), (("package ca", "not ours"),))
    ]


def test_an_edited_variable_makes_the_model_old(environment: Environment) -> None:
    variables = environment.root / "inventory" / "group_vars" / "all" / "stack.yml"
    variables.parent.mkdir(parents=True)
    for path in (environment.inventory, variables):
        path.touch()
    assert environment.edited == variables.stat().st_mtime
