"""stack.json becomes a Stack, or an error that names the key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rabbitry.errors import StackError
from rabbitry.model import Stack
from tests.unit.stack_document import application, document

STACK: dict[str, Any] = document()
STACK["endpoints"]["management"]["host"] = "::1"
STACK["apps"][0]["vhost"] = "a/b c"


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
    assert stack.app.workers[0].queues == ("default", "math")
    assert stack.app.beat is not None and stack.app.beat.tick == 5
    assert stack.accounts["monitor"].username == "monitor"
    assert stack.is_local


def test_beat_and_flower_may_be_absent() -> None:
    stack = Stack.from_data({**STACK, "apps": [{**STACK["apps"][0], "beat": None, "flower": None}]})
    assert stack.app.beat is None and stack.app.flower is None
    assert list(stack.ends()) == ["amqp", "management", "redis"]


def test_each_application_is_a_stack_of_its_own() -> None:
    both = {**STACK, "apps": [application("shop", db=1), application("blog", flower=5556, db=2)]}
    stack = Stack.from_data(both)
    assert [one.app.db for one in stack.each()] == [1, 2]
    assert stack.only("blog").app.name == "blog"
    assert list(stack.ends()) == ["amqp", "management", "redis", "flower/shop", "flower/blog"]
    assert stack.of("stack-worker-blog-math") == stack.apps[1] and stack.of("redis-server") is None
    for name, said in (("", "which application is meant"), ("bolg", "no application `bolg`")):
        with pytest.raises(StackError) as caught:
            stack.only(name)
        assert caught.value.message == f"{said}: there is `shop`, `blog`"
    assert Stack.from_data(STACK).only("").app.name == "app"


def test_endpoints_are_written_as_urls_need_them() -> None:
    stack = Stack.from_data(STACK)
    assert str(stack.endpoints.management) == "[::1]:15672"
    assert stack.app.path == "a%2Fb%20c"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("colour", "red", "unknown key `stack.colour`"),
        ("endpoints.amqp.tls", True, "unknown key `stack.endpoints.amqp.tls`"),
        ("hosts.0.supervisor", None, "missing key `stack.hosts[0].supervisor`"),
        ("accounts.monitor", None, "missing key `stack.accounts.monitor`"),
        ("apps.0.queues", "default", "`stack.apps[0].queues` is str 'default'"),
        ("endpoints.amqp.port", "5672", "`stack.endpoints.amqp.port` is str '5672', not int"),
        ("apps.0.longest_task", True, "`stack.apps[0].longest_task` is bool True, not int"),
        ("apps.0.workers.0.queues", [1], "`stack.apps[0].workers[0].queues[0]` is int 1, not str"),
        ("apps", [], "`stack.apps` names no application"),
        ("schema", 1, "schema 1 instead of 2"),
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
