"""A daemon that root started by hand is found beside the services, and nothing else is taken for one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import by_hand

from tests.unit.test_processes import FakeProc

CELERY = "/opt/rabbitry/venv/bin/celery"


def service(name: str, user: str, command: list[str], **more: str) -> dict[str, Any]:
    definition = {"name": name, "user": user, "command": command, **more}
    return {"kind": "service", "name": name, "definition": definition}


ENTRIES = [
    service(
        "rabbitmq-server",
        "rabbitmq",
        ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
        unit="rabbitmq-server.service",
    ),
    service(
        "redis-server",
        "redis",
        ["/usr/bin/redis-server", "/etc/redis/redis.conf"],
        unit="redis-server.service",
        working_dir="/var/lib/redis",
    ),
    service("stack-beat", "celery", [CELERY, "-A", "sample", "beat"]),
    {"kind": "file", "name": "/etc/redis/redis.conf"},
]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="made-up processes belong to who runs the tests")


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path / "proc")


@pytest.fixture(autouse=True)
def made(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()


def start(
    proc: FakeProc,
    name: str,
    *words: str,
    directory: str = "/root",
    group: str = "",
    env: str = "",
    namespaces: int = 1,
) -> None:
    proc.add(900001, name, *words, env=env, namespaces=namespaces)
    (proc.root / "900001" / "cwd").symlink_to(directory)
    (proc.root / "900001" / "cgroup").write_text(f"0::{group}\n")


def found(proc: FakeProc) -> list[tuple[str, str]]:
    return [(one.service, one.command) for one in by_hand.daemons(ENTRIES, proc.root)]


def test_a_redis_of_roots_is_found_by_its_configuration_or_directory(proc: FakeProc) -> None:
    start(proc, "redis-server", "redis-server", "/etc/redis/redis.conf", "--daemonize", "yes")
    assert found(proc) == [("redis-server", "redis-server /etc/redis/redis.conf")]


def test_one_in_the_data_directory_too(proc: FakeProc) -> None:
    start(proc, "redis-server", "redis-server", "--requirepass", "s3cret", directory="/var/lib/redis")
    assert found(proc) == [("redis-server", "redis-server")]


def test_a_broker_of_roots_is_found(proc: FakeProc) -> None:
    start(proc, "beam.smp", "/usr/lib/erlang/bin/beam.smp", "-W", "w", "-pa", "/usr/lib/rabbitmq/ebin")
    assert [name for name, _ in found(proc)] == ["rabbitmq-server"]


def test_a_beat_of_roots_is_found_also_with_the_environments_own_path(proc: FakeProc) -> None:
    words = ("/opt/rabbitry/venvs/1/bin/python", "/opt/rabbitry/venvs/1/bin/celery", "-A", "sample", "beat")
    start(proc, "celery", *words, "-s", "x")
    ((name, command),) = found(proc)
    assert name == "stack-beat"
    assert command.endswith("bin/celery beat")
    assert by_hand.daemons(ENTRIES, proc.root)[0].as_dict()["hint"] == "sudo kill 900001 && ./inv up"


@pytest.mark.parametrize(
    ("name", "words", "more"),
    [
        ("redis-server", ("redis-server", "*:7000"), {}),
        ("redis-server", ("redis-server", "/etc/redis/redis.conf"), {"namespaces": 2}),
        ("redis-server", ("redis-server", "/etc/redis/redis.conf"), {"env": "RABBITRY_SERVICE=redis-server"}),
        (
            "redis-server",
            ("redis-server", "/etc/redis/redis.conf"),
            {"group": "/system.slice/redis-server.service"},
        ),
        ("beam.smp", ("beam.smp", "-sname", "mine"), {}),
        ("celery", ("python", CELERY, "-A", "sample", "inspect", "ping"), {}),
        ("celery", ("python", "/srv/other/bin/celery", "-A", "sample", "beat"), {}),
    ],
)
def test_other_processes_are_not(
    proc: FakeProc, name: str, words: tuple[str, ...], more: dict[str, str]
) -> None:
    start(proc, name, *words, **more)
    assert found(proc) == []


def test_another_accounts_daemon_is_not(proc: FakeProc) -> None:
    start(proc, "redis-server", "redis-server", "/etc/redis/redis.conf")
    os.chown(proc.root / "900001", 65534, 65534)
    assert found(proc) == []


def test_without_services_nobody_is_asked(tmp_path: Path) -> None:
    assert by_hand.daemons(ENTRIES[-1:], tmp_path / "proc") == []
    assert by_hand.daemons(ENTRIES, tmp_path / "none") == []
