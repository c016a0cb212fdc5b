"""stack.json becomes a Stack, or an error that names the key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rabbitry.errors import StackError
from rabbitry.model import Stack

STACK: dict[str, Any] = {
    "schema": 1,
    "env": "local",
    "runs_on": "hosts",
    "endpoints": {
        "amqp": {"host": "127.0.0.1", "port": 5672, "on": "localhost", "vhost": "a/b c"},
        "management": {"host": "::1", "port": 15672, "on": "localhost"},
        "redis": {"host": "127.0.0.1", "port": 6379, "on": "localhost", "db": 0},
        "flower": {"host": "127.0.0.1", "port": 5555, "on": "localhost"},
    },
    "accounts": {
        name: {"username": name, "secret": name} for name in ("app", "admin", "monitor", "redis", "flower")
    },
    "exchange": "tasks",
    "queue_type": "quorum",
    "queues": ["default"],
    "longest_task": 300,
    "app": {"module": "sample", "home": "/opt/rabbitry"},
    "workers": [
        {
            "name": "default",
            "service": "stack-worker-default",
            "host": "localhost",
            "queues": ["default"],
            "concurrency": 2,
        }
    ],
    "beat": {"service": "stack-beat", "host": "localhost", "tick": 5},
    "hosts": [
        {
            "name": "localhost",
            "address": "localhost",
            "connection": "local",
            "supervisor": "systemd",
            "logs": "/var/log/rabbitry",
            "groups": ["brokers"],
            "services": [{"name": "rabbitmq-server", "description": "RabbitMQ"}],
            "versions": {"rabbitmq": "4.0.5"},
        }
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The stack above with the value at a dotted path replaced, or removed for None."""
    stack = copy.deepcopy(STACK)
    *parents, last = path.split(".")
    place: Any = stack
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return stack


def test_everything_is_read() -> None:
    stack = Stack.from_data(STACK)
    assert stack.workers[0].queues == ("default",)
    assert stack.beat is not None and stack.beat.tick == 5
    assert stack.hosts[0].versions["rabbitmq"] == "4.0.5"
    assert stack.accounts["monitor"].username == "monitor"
    assert stack.is_local


def test_beat_and_flower_may_be_absent() -> None:
    stack = Stack.from_data(
        {**changed("endpoints.flower", "x"), "beat": None}
        | {"endpoints": {**STACK["endpoints"], "flower": None}}
    )
    assert stack.beat is None and stack.endpoints.flower is None


def test_endpoints_are_written_as_urls_need_them() -> None:
    stack = Stack.from_data(STACK)
    assert str(stack.endpoints.management) == "[::1]:15672"
    assert stack.endpoints.amqp.path == "a%2Fb%20c"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("colour", "red", "unknown key `stack.colour`"),
        ("endpoints.amqp.tls", True, "unknown key `stack.endpoints.amqp.tls`"),
        ("hosts.0.supervisor", None, "missing key `stack.hosts[0].supervisor`"),
        ("accounts.monitor", None, "missing key `stack.accounts.monitor`"),
        ("queues", "default", "`stack.queues` is str 'default'"),
        ("endpoints.amqp.port", "5672", "`stack.endpoints.amqp.port` is str '5672', not int"),
        ("longest_task", True, "`stack.longest_task` is bool True, not int"),
        ("workers.0.queues", [1], "`stack.workers[0].queues[0]` is int 1, not str"),
        ("schema", 2, "schema 2 instead of 1"),
    ],
)
def test_what_does_not_fit_is_named(path: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        Stack.from_data(changed(path, value))
    assert said in str(caught.value)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(StackError) as caught:
        Stack.load(tmp_path / "stack.json")
    assert caught.value.hint == "./inv up"


@pytest.mark.parametrize("text", ["{", "[]", json.dumps(changed("colour", "red"))])
def test_a_broken_file_says_how_to_renew_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stack.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StackError) as caught:
        Stack.load(path)
    assert str(path) in caught.value.message
    assert caught.value.hint == "./inv describe"
