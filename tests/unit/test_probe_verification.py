"""The comparison of a host with its ledgers, with stand-ins for supervisor and broker."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    dpkg,
    files,
    probe,
    redis_converge,
    redis_settings,
    seals,
    verification,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import digest
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.management import Unreachable
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError

LOGIN = {"username": "admin", "password": "s3cret"}
EXPORTED = {"vhosts": [{"name": "app"}], "users": []}
NAMES = {"vhosts": [["app"]]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ledgers of a host on which everything is as recorded."""
    root, config = tmp_path / "ledger", tmp_path / "redis.conf"
    config.write_text("port 6379\n")
    redis = Ledger("redis", root)
    redis.record("file", str(config), sha256=files.digest(config.read_bytes()), created=True)
    redis.record("service", "redis-server", supervisor="systemd", unit_path=[], definition={"user": "redis"})
    redis.save()
    broker = Ledger("rabbitmq", root)
    broker.record("package", "rabbitmq-server", version="4.0.5-6")
    broker.record(
        "definitions", "broker", url="http://127.0.0.1:15672", names=NAMES, digest=digest(EXPORTED, NAMES)
    )
    broker.save()
    seals.seal("local", "code=1", root)
    monkeypatch.setattr(verification, "states", states(running=True, enabled=True))
    monkeypatch.setattr(verification, "Management", management(lambda: EXPORTED))
    monkeypatch.setattr(dpkg, "installed", lambda *_: PACKAGES)
    return root


PACKAGES = {"rabbitmq-server": "4.0.5-6"}


def states(**state: bool) -> Callable[..., dict[str, Any]]:
    return lambda names, root: {name: {"state": "stopped", **state} for name in names}


def management(definitions: Callable[[], dict[str, Any]]) -> Callable[..., Any]:
    class Stand:
        def __init__(self, *_: Any, **__: Any) -> None:
            self.definitions = definitions

    return Stand


def why(root: Path) -> list[str]:
    return [entry["why"] for entry in verification.verify(root, LOGIN)["drift"]]


def test_a_host_that_is_as_recorded_has_no_drift(root: Path) -> None:
    assert verification.verify(root, LOGIN) == {
        "ours": ["rabbitmq", "rabbitmq-server", "redis", "redis-server"],
        "accounts": ["redis"],
        "recorded": {"rabbitmq-server": "4.0.5-6"},
        "vendor": False,
        "drift": [],
        "seal": {"env": "local", "digest": "code=1"},
        "env": "local",
        "suspicions": [],
        "by_hand": [],
        "standing": [],
    }


def test_a_changed_file_is_noticed(root: Path) -> None:
    (root.parent / "redis.conf").write_text("port 1\n")
    assert why(root) == [f"`{root.parent / 'redis.conf'}` has other content"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"running": False, "enabled": True}, "the service redis-server is not running"),
        ({"running": True, "enabled": False}, "the service redis-server does not start with the machine"),
    ],
)
def test_a_service_that_does_not_run_or_is_not_enabled_is_noticed(
    root: Path, monkeypatch: pytest.MonkeyPatch, state: dict[str, bool], expected: str
) -> None:
    monkeypatch.setattr(verification, "states", states(**state))
    assert why(root) == [expected]


def test_a_supervisor_that_does_not_answer_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise SupervisorError("`systemctl` is not there")

    monkeypatch.setattr(verification, "states", refuse)
    assert why(root) == ["`systemctl` is not there"]


def test_changed_definitions_are_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "Management", management(lambda: {"vhosts": [], "users": []}))
    assert why(root) == ["the broker's definitions differ from the declared ones"]


def test_a_broker_that_does_not_answer_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> dict[str, Any]:
        raise Unreachable("no answer from http://127.0.0.1:15672")

    monkeypatch.setattr(verification, "Management", management(refuse))
    assert why(root) == ["the broker's definitions cannot be read: no answer from http://127.0.0.1:15672"]


def test_definitions_are_left_alone_without_a_login(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "Management", None)
    assert verification.verify(root, None)["drift"] == []


def test_a_missing_package_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "rabbitmq-server", "4.1.0-1")
    assert why(root) == ["the package `rabbitmq-server` is version 4.1.0-1, not 4.0.5-6"]


def test_a_broken_seal_still_tells_the_environment(root: Path) -> None:
    seals.unseal(root)
    found = verification.verify(root, None)
    assert (found["seal"], found["env"]) == (None, "local")


def test_a_damaged_ledger_is_drift(root: Path) -> None:
    (root / "redis.json").write_text("{")
    (sentence,) = why(root)
    assert "is damaged" in sentence


def test_collect_tells_ours_from_theirs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common = {"address": "127.0.0.1", "user": "redis", "pid": 1, "program": "x", "service": "", "unit": ""}
    sockets = [
        {**common, "port": 1, "unit": "redis-server.service"},
        {**common, "port": 2, "service": "stack-beat"},
        {**common, "port": 3, "unit": "nginx.service"},
        {**common, "port": 4},
        {**common, "port": 5, "pid": None},
        {**common, "port": 6, "pid": None, "user": "www-data"},
    ]
    monkeypatch.setattr(probe, "listeners", lambda _: sockets)
    seen = probe.collect({"ledgers": str(root), "servers": ["redis"], **LOGIN})
    assert [entry["ours"] for entry in seen["listeners"]] == [True, True, False, False, True, False]
    assert (seen["uid"], seen["drift"], seen["strangers"]) == (os.geteuid(), [], [])
    assert seen["seal"] == {"env": "local", "digest": "code=1"}


def test_collect_finds_nothing_of_ours_on_a_fresh_host(tmp_path: Path) -> None:
    seen = probe.collect({"ledgers": str(tmp_path / "none")})
    assert (seen["ours"], seen["drift"], seen["seal"], seen["recorded"]) == ([], [], None, {})


def test_a_redis_that_was_set_otherwise_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = Ledger("redis", root)
    redis.record("settings", "redis", host="127.0.0.1", port=6379, declared={"maxmemory": ["0"]})
    redis.save()
    changes = [redis_settings.Difference("maxmemory", "1048576", "0")]
    monkeypatch.setattr(redis_converge.Server, "predict", lambda _: redis_converge.Outcome(changes))
    assert why(root) == []
    found = [one["why"] for one in verification.verify(root, LOGIN, "s3cret")["drift"]]
    assert found == ["Redis runs with `maxmemory 1048576`"]


def test_a_plugin_that_was_turned_on_by_hand_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = ["rabbitmq_management", "rabbitmq_web_dispatch"]
    now = [{"applications": [{"name": name} for name in (*running, "rabbitmq_top", "cowboy")]}]

    class Stand:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def definitions(self) -> dict[str, Any]:
            return EXPORTED

        def request(self, *_: str) -> Any:
            return now

    broker = Ledger("rabbitmq", root)
    broker.record("plugins", "rabbitmq", url="http://127.0.0.1:15672", declared=running[:1], running=running)
    broker.save()
    monkeypatch.setattr(verification, "Management", Stand)
    assert why(root) == ["plugin `rabbitmq_top` is on"]
    now[0]["applications"] = [{"name": name} for name in running]
    assert why(root) == []
