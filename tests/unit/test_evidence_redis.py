"""What is asked of Redis, by a server of prepared answers: no password, modules, locks, held messages."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence_redis
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused

from tests.unit.stack_document import SECRETS, document

QUESTION = Question(document(), SECRETS, "localhost")


class Server:
    """Answers by command; `databases` are {number: {key: TTL}}."""

    databases: ClassVar[dict[str, dict[str, int]]] = {}
    flags = "['on', '>']"
    fault: Exception | None = None

    def __init__(self, *_: object) -> None:
        if self.fault:
            raise self.fault
        self.selected = "0"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def pairs(self, *words: str) -> dict[str, str]:
        return {"flags": self.flags} if words[0] == "ACL" else {"dir": "/var/lib/redis"}

    def info(self) -> dict[str, str]:
        return {"redis_version": "8.0.2"} | {f"db{name}": "keys=1" for name in self.databases}

    def call(self, *words: str) -> Any:
        keys = self.databases.get(self.selected, {})
        match words:
            case ("SELECT", name):
                self.selected = name
            case ("MODULE", "LIST"):
                return [["name", "vectorset", "ver", 1]]
            case ("SCAN", *_):
                return ["0", [key for key in keys if key.startswith("qo_")]]
            case ("OBJECT", "IDLETIME", "qo_shop.sweep"):
                raise Refused("answers `ERR An LFU maxmemory policy is selected`", "ERR")
            case ("OBJECT", "IDLETIME", _):
                return 12
            case ("TTL", key):
                return keys.get(key, -2)
            case ("TYPE", "unacked_index"):
                return "zset" if "unacked_index" in keys else "none"
            case ("ZRANGE", *_):
                return ["a tag", "1795460548.5"]
            case ("ZCARD", _):
                return 3
        return None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    class Own(Server):
        databases: ClassVar[dict[str, dict[str, int]]] = {"0": {}}

    monkeypatch.setattr(evidence_redis, "Session", Own)
    monkeypatch.setattr(evidence_redis, "PAUSE", 0)
    return Own


def test_a_healthy_redis(server: type[Server]) -> None:
    assert evidence_redis.collect(QUESTION) == {
        "info": {"redis_version": "8.0.2", "db0": "keys=1"},
        "settings": {"dir": "/var/lib/redis"},
        "open": False,
        "modules": ["vectorset"],
        "locks": [],
        "unacked": [],
    }


def test_locks_tell_their_task_and_not_its_arguments(server: type[Server]) -> None:
    server.databases = {"0": {"other": -1}, "1": {"qo_shop.tasks.bill_card-4111": 59, "qo_shop.sweep": -1}}
    found = evidence_redis.collect(QUESTION)
    assert found is not None
    assert found["locks"] == [
        {"task": "shop.sweep", "database": 1, "left": -1, "idle": None},
        {"task": "shop.tasks.bill", "database": 1, "left": 59, "idle": 12},
    ]
    assert "4111" not in str(found)


def test_messages_that_are_held_and_a_missing_password(server: type[Server]) -> None:
    server.databases, server.flags = {"9": {"unacked_index": -1}}, "['on', 'nopass']"
    found = evidence_redis.collect(QUESTION)
    assert found is not None
    assert found["unacked"] == [{"database": 9, "count": 3, "oldest": 1795460548.5}]
    assert found["open"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(NotReady("no answer"), ""), (Refused("answers `WRONGPASS`", "WRONGPASS"), "WRONGPASS")],
)
def test_a_redis_that_does_not_let_us_in(server: type[Server], fault: Exception, code: str) -> None:
    server.fault = fault
    assert evidence_redis.collect(QUESTION) == {"fault": str(fault), "code": code}


def test_a_host_without_redis() -> None:
    data = document()
    data["hosts"][0]["services"] = []
    assert evidence_redis.collect(Question(data, SECRETS, "localhost")) is None
