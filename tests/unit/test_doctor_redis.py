"""Checks of Redis and celery_once, on evidence that hosts gave."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitry.doctor.checks import once, redis, redis_access, redis_broker, redis_start
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import Check
from rabbitry.model import Stack
from tests.unit.stack_document import document

STACK = Stack.from_data(document())
NOW = 1795460548.0
UP = {"running": True, "state": "running", "pid": 1048, "reason": ""}
CRASHES = {"running": False, "state": "crashing", "pid": 0, "reason": "exit status 1"}
INFO = {"rdb_last_bgsave_status": "ok", "aof_last_write_status": "ok", "used_memory": "2097152"}
SETTINGS = {"dir": "/var/lib/redis", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
EARLIER = "1:M 23 Nov 2026 19:00:01.000 # Failed listening on port 6379 (tcp), aborting."


def host(
    *log: str,
    state: dict[str, Any] = UP,
    info: dict[str, str] | None = None,
    settings: dict[str, str] | None = None,
    drift: tuple[tuple[str, str, str], ...] = (),
    facts: dict[str, Any] | None = None,
    queues: list[dict[str, Any]] | None = None,
    processes: tuple[dict[str, Any], ...] = (),
    system: dict[str, str] | None = None,
    late: bool = True,
    **more: Any,
) -> Evidence:
    """Evidence of a host with Redis; `drift` is (kind, name, why), `more` stands in Redis' section."""
    found = [{"kind": kind, "name": name, "why": why} for kind, name, why in drift]
    answer = {"info": INFO | (info or {}), "settings": SETTINGS | (settings or {}), **more}
    if not state["running"] and "fault" not in more:
        answer = {"fault": "no answer from 127.0.0.1:6379 ([Errno 111] Connection refused)", "code": ""}
    sections: dict[str, Any] = {
        "pulse": {"services": {"redis-server": state}},
        "logs": {"redis-server": list(log)},
        "facts": {"drift": found, **(facts or {})},
        "processes": list(processes),
        "system": system or {},
        "redis": answer,
        "rabbitmq": {} if queues is None else {"queues": queues},
        "app": {"conf": {"task_acks_late": late}},
    }
    return Evidence("localhost", NOW, sections)


CHECKS: dict[str, Check] = {
    body.__name__: body
    for body in (
        redis.server_down, redis.rdb_permission, redis.misconf, redis.overcommit, redis.out_of_memory,
        redis.eviction, redis.fd_limit, redis_start.configuration_invalid, redis_start.file_owner,
        redis_start.bind_unavailable, redis_start.data_unreadable, redis_start.sandbox_dir,
        redis_access.auth, redis_access.password_missing, redis_access.compromised,
        redis_broker.visibility_timeout, once.lock_stuck,
    )
}  # fmt: skip


def named(seen: Evidence) -> dict[str, Found]:
    """What the checks say, by their names."""
    return {name: found for name, body in CHECKS.items() if (found := body(STACK, seen))}


RDB = "Failed opening the temp RDB file temp-1410.rdb (in server root dir /var/lib/redis) for saving: "
ROOTS = ("directory", "/var/lib/redis", "`/var/lib/redis` has user `root`, not `redis`")
FAILED = {"rdb_last_bgsave_status": "err"}
NO_FORK = "1:M 23 Nov 2026 19:00:00.000 # Can't save in background: fork: Cannot allocate memory"
SIGN = "`/etc/redis/redis.conf` makes Redis write to `/etc/crontab`, and `/var/lib/redis` is declared"


@pytest.mark.parametrize(
    ("seen", "slugs", "words"),
    [
        (host(), "", ""),
        (host(state=CRASHES), "server_down", "redis-server is crashing: exit status 1"),
        (
            host("# " + RDB + "Permission denied", info=FAILED, drift=(ROOTS,)),
            "misconf rdb_permission",
            "`root`",
        ),
        (host("# " + RDB + "Permission denied", info=FAILED), "misconf", "rdb_last_bgsave_status:err"),
        (host(info={"aof_last_write_status": "err"}), "misconf", "append-only write"),
        (host("# " + RDB + "Read-only file system", info=FAILED), "misconf sandbox_dir", "read-only"),
        (host("# " + RDB + "Read-only file system"), "", ""),
        (host(NO_FORK, info=FAILED, system={"overcommit": "0"}), "misconf overcommit", "is 0, not 1"),
        (host(NO_FORK, info=FAILED, system={"overcommit": "1"}), "misconf", ""),
        (host(system={"overcommit": "0"}), "", ""),
        (host(info={"maxmemory": "1048576", "maxmemory_policy": "noeviction"}), "out_of_memory",
         "uses 2.0 MiB, and maxmemory allows 1.0 MiB"),
        (host(info={"maxmemory": "4194304", "maxmemory_policy": "noeviction"}), "", ""),
        (host(settings={"maxmemory-policy": "allkeys-lru"}, drift=(("settings", "x", "set by hand"),)),
         "eviction", "`allkeys-lru`"),
        (host(settings={"maxmemory-policy": "allkeys-lru"}), "", ""),
        (host(open=True), "password_missing", "without a password"),
        (host(fault="answers `WRONGPASS …`", code="WRONGPASS"), "auth", "127.0.0.1:6379"),
        (host(fault="answers `LOADING …`", code="LOADING"), "", ""),
        (host(facts={"suspicions": [{"message": SIGN}]}), "compromised", "/etc/crontab"),
        (host(facts={"suspicions": [{"message": "`/root/.ssh/authorized_keys` is new"}]}), "", ""),
    ],
)  # fmt: skip
def test_redis_that_runs_or_is_down(seen: Evidence, slugs: str, words: str) -> None:
    found = named(seen)
    assert " ".join(sorted(found)) == slugs
    assert words in "".join(one.wrong for one in found.values())


@pytest.mark.parametrize(
    ("lines", "slug", "words"),
    [
        (["# Unresolved Configuration(s) Detected:", "# >>> 'maxmemry 512mb'",
          "# Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting"],
         "configuration_invalid", "line 'maxmemry 512mb'"),
        (["*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***", "Reading the configuration file, at line 9",
          ">>> 'nonsense yes'", "Bad directive or wrong number of arguments"],
         "configuration_invalid", "'nonsense yes'"),
        (["# Fatal error, can't open config file '/etc/redis/redis.conf': Permission denied"],
         "file_owner", "may not read a file"),
        (["Can't open the log file: Permission denied"], "file_owner", ""),
        (["# Fatal error: can't open the RDB file dump.rdb for reading: Permission denied",
          "# Fatal error loading the DB, check server logs. Exiting."], "file_owner", ""),
        (["# Warning: Could not create server TCP listening socket 10.9.9.9:6379: bind: "
          "Cannot assign requested address", "# Failed listening on port 6379 (tcp), aborting."],
         "bind_unavailable", "10.9.9.9:6379"),
        (["1:M 23 Nov 2026 19:09:02.715 # Bad file format reading the append only file "
          "appendonly.aof.1.incr.aof: make a backup of your AOF file"], "data_unreadable",
         "Bad file format reading the append only file appendonly.aof.1.incr.aof"),
        (["# Can't handle RDB format version 99",
          "# Fatal error loading the DB, check server logs. Exiting."],
         "data_unreadable", "version 99"),
        (["# Can't open or create append-only dir appendonlydir: Read-only file system"],
         "sandbox_dir", "read-only"),
        (["*** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***", ">>> 'dir \"/home/dev/redis\"'",
          "Permission denied"],
         "sandbox_dir", "hides"),
    ],
)  # fmt: skip
def test_why_redis_does_not_start_is_what_its_last_attempt_said(
    lines: list[str], slug: str, words: str
) -> None:
    found = named(host(EARLIER, "# >>> 'another yes'", *lines, "systemd: Failed with result", state=CRASHES))
    assert sorted(found) == sorted([slug, "server_down"])
    assert words in found[slug].wrong
    assert found[slug].evidence[0] in found["server_down"].evidence[0]


def test_what_was_mended_is_no_evidence() -> None:
    log = ("# >>> 'maxmemry 512mb'", "1:M 23 Nov 2026 19:00:00.000 * Ready to accept connections tcp")
    assert sorted(named(host(*log, state=CRASHES))) == ["server_down"]


def test_a_directory_that_keeps_redis_from_starting() -> None:
    log = (
        "1:M 23 Nov 2026 19:00:00.000 # Can't open or create append-only dir appendonlydir: Permission denied"
    )
    found = named(host(log, state=CRASHES, drift=(ROOTS,)))
    assert sorted(found) == ["rdb_permission", "server_down"]


@pytest.mark.parametrize(("files", "unit", "told"), [
    (100, "redis-server.service", True), (65536, "redis-server.service", False),
    (0, "redis-server.service", False), (100, "another.service", False),
])  # fmt: skip
def test_few_open_files_of_our_own_servers(files: int, unit: str, told: bool) -> None:
    process = {"name": "redis-server", "service": "", "unit": unit, "files": files}
    assert ("fd_limit" in named(host(processes=(process,)))) is told


LOCK = {"task": "shop.bill", "database": 1, "left": 3540, "idle": 60}
BUSY, IDLE = [{"name": "default", "messages": 1}], [{"name": "default", "messages": 0}]


@pytest.mark.parametrize(
    ("lock", "queues", "late", "told"),
    [
        (LOCK, IDLE, True, "3540 s more"),
        (LOCK, IDLE, False, ""),  # a task that runs is in no queue
        (LOCK | {"idle": 3}, IDLE, True, ""),  # the numbers of the queues may be older
        (LOCK | {"idle": None}, IDLE, True, ""),
        (LOCK, BUSY, True, ""),
        (LOCK, [{"name": "tasks.dead", "messages": 1}], True, "3540 s more"),
        (LOCK, [{"name": "celery_delayed_4", "messages": 1}], True, ""),
        (LOCK, None, True, ""),  # the broker is on another host, or silent
        (LOCK | {"left": -1}, BUSY, True, ""),
        (LOCK | {"left": -1}, IDLE, True, "for ever"),
    ],
)
def test_a_lock_that_nobody_gives_back(lock: dict[str, Any], queues: Any, late: bool, told: str) -> None:
    found = named(host(locks=[lock], queues=queues, late=late))
    assert sorted(found) == (["lock_stuck"] if told else [])
    assert told in "".join(one.wrong for one in found.values())


@pytest.mark.parametrize(("age", "told"), [(60, False), (3000, True)])
def test_a_message_that_is_held_for_long(age: int, told: bool) -> None:
    held = {"database": 9, "count": 1, "oldest": NOW - age}
    assert ("visibility_timeout" in named(host(unacked=[held]))) is told


def test_checks_say_nothing_of_a_host_without_redis() -> None:
    assert not named(Evidence("web2", NOW, {"pulse": {"services": {}}, "redis": None}))
