"""A Redis that writes where an intruder wants it is told from one whose directory somebody moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import intrusion, redis_save
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import Refused

DECLARED = "/var/lib/redis"


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("/etc", "crontab"),
        ("/etc", ""),
        ("/etc/cron.d", "redis.rdb"),
        ("/root/.ssh", "authorized_keys"),
        ("/var/spool/cron", "root"),
        ("/var/www/html", "dump.rdb"),
        ("/home/deploy/.ssh", "dump.rdb"),
        ("/srv/app/public_html", "dump.rdb"),
        ("/tmp", "exp.so"),
        (DECLARED, "shell.php"),
    ],
)
def test_where_an_intruder_writes_smells(directory: str, name: str) -> None:
    assert intrusion.smells(directory, name, DECLARED)


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        (DECLARED, "dump.rdb"),
        (DECLARED, ""),
        (f"{DECLARED}/sub", "other.rdb"),
        ("/srv/redis", "dump.rdb"),
        ("/home/deploy/data", "dump.rdb"),
    ],
)
def test_where_an_operator_moves_it_does_not(directory: str, name: str) -> None:
    assert not intrusion.smells(directory, name, DECLARED)


def test_what_is_declared_never_smells() -> None:
    assert not intrusion.smells("/home/www/redis", "dump.rdb", "/home/www/redis")


def entries(config: Path) -> list[dict[str, Any]]:
    definition = {
        "command": ["/usr/bin/redis-server", str(config)],
        "working_dir": DECLARED,
        "ready": {"tcp": "[::1]:6380"},
    }
    return [
        {"kind": "service", "name": "redis-server", "definition": definition},
        {"kind": "file", "name": str(config)},
        {"kind": "file", "name": str(config.parent / "access.conf")},
    ]


def test_the_server_is_found_in_the_ledger(tmp_path: Path) -> None:
    (server,) = redis_save.servers(entries(tmp_path / "redis.conf"))
    assert server == redis_save.Server("::1", 6380, str(tmp_path / "redis.conf"), DECLARED)


def test_the_configuration_tells_where_it_will_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_save, "writes_to", lambda *_: {})
    config = tmp_path / "redis.conf"
    config.write_text(f"dir {DECLARED}\n")
    assert intrusion.of_redis(entries(config)) == []
    (tmp_path / "access.conf").write_text('DIR "/root/.ssh"\ndbfilename authorized_keys\n')
    (sign,) = intrusion.of_redis(entries(config))
    assert "`/root/.ssh/authorized_keys`, and `/var/lib/redis` is declared" in sign.message
    assert "chown" not in sign.hint
    assert "take the host off the net" in sign.hint


def test_the_running_server_tells_where_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "redis.conf"
    monkeypatch.setattr(redis_save, "writes_to", lambda *_: {"dir": "/etc/cron.d", "dbfilename": "root"})
    (sign,) = intrusion.of_redis(entries(config), "x")
    assert sign.message.startswith("Redis at ::1:6380 writes to `/etc/cron.d/root`")


class Answers:
    """A session with a Redis whose save succeeds at the `goes`-th look."""

    def __init__(self, goes: int = 1) -> None:
        self.looks, self.goes = 0, goes
        self.calls: list[tuple[str, ...]] = []

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def call(self, *words: str) -> str:
        self.calls.append(words)
        return "OK"

    def info(self, section: str) -> dict[str, str]:
        assert section == "persistence"
        self.looks += 1
        return {"rdb_last_bgsave_status": "ok" if self.looks >= self.goes else "err"}


SERVER = redis_save.Server("127.0.0.1", 6379, "/etc/redis/redis.conf", DECLARED)


def test_a_server_that_saved_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    monkeypatch.setattr(redis_save, "Session", lambda *_: answers)
    assert not redis_save.refuses_writes(SERVER, "x")
    assert not redis_save.save_again(SERVER, "x")
    assert answers.calls == []


def test_a_server_that_could_not_save_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(goes=4)
    monkeypatch.setattr(redis_save, "Session", lambda *_: answers)
    assert redis_save.refuses_writes(SERVER, "x")
    assert redis_save.save_again(SERVER, "x")
    assert answers.calls == [("BGSAVE", "SCHEDULE")]


def test_one_that_still_cannot_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_save, "Session", lambda *_: Answers(goes=10**6))
    with pytest.raises(
        redis_save.CannotSave, match=r"127\.0\.0\.1:6379 still cannot save to `/var/lib/redis`"
    ):
        redis_save.save_again(SERVER, "x", seconds=0)


def test_one_that_does_not_let_us_in_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused("WRONGPASS", "WRONGPASS")

    monkeypatch.setattr(redis_save, "Session", refuse)
    assert redis_save.writes_to(SERVER, "x") == {}
    assert not redis_save.refuses_writes(SERVER, "x")
    assert not redis_save.save_again(SERVER, "x")
