"""Checks of several Redis, their sentinels and several beats, on evidence of three hosts."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitry.doctor.checks import beat_failover, redis_group
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import Check
from rabbitry.model import Stack
from tests.unit.stack_document import document

NAMES = ("s1", "s2", "s3")
NOW = 1795460548.0
UP = {"running": True, "state": "running", "pid": 7, "reason": ""}
GONE = {"fault": "no answer from 10.0.0.9:1 ([Errno 111] Connection refused)"}
CHECKS: dict[str, Check] = {
    body.__name__: body
    for body in (
        redis_group.sentinel_down, redis_group.sentinel_quorum, redis_group.sentinel_disagreement,
        redis_group.masters, redis_group.replica_link, beat_failover.none_active, beat_failover.two_active,
    )
}  # fmt: skip


def place(number: int, port: int) -> dict[str, Any]:
    return {"host": f"10.0.0.{number}", "port": port, "on": f"s{number}"}


def stack(beats: int = 2) -> Stack:
    known = document()
    known["replication"] = {
        "master": "stack",
        "nodes": [place(number, 6379) for number in (1, 2, 3)],
        "sentinels": [place(number, 26379) for number in (1, 2, 3)],
    }
    known["apps"][0]["beat"] |= {"host": "s2", "others": ["s3"][: beats - 1]}
    return Stack.from_data(known)


MASTER = {"role": "master", "master": "", "link": "up"}
REPLICA = {"role": "slave", "master": "10.0.0.1", "link": "up"}
SAYS = {"master": "10.0.0.1", "others": 2, "flags": "master"}


def host(
    name: str = "s1",
    nodes: dict[str, Any] | None = None,
    sentinels: dict[str, Any] | None = None,
    ticks: list[tuple[float, str]] | None = None,
    log: tuple[str, ...] = (),
    state: dict[str, Any] = UP,
) -> Evidence:
    """What one host sees; `ticks` are (seconds ago, origin)."""
    healthy = [(age, "gen7@s2") for age in (16.0, 11.0, 6.0, 1.0)]
    sections = {
        "pulse": {"services": {"redis-server": UP, "redis-sentinel": state}},
        "logs": {"redis-server": list(log)},
        "redis": {
            "group": {
                "nodes": {"s1": MASTER, "s2": REPLICA, "s3": REPLICA} | (nodes or {}),
                "sentinels": dict.fromkeys(NAMES, SAYS) | (sentinels or {}),
            },
            "ticks": [
                {"time": NOW - age, "origin": origin} for age, origin in (healthy if ticks is None else ticks)
            ],
        },
    }
    return Evidence(name, NOW, sections)


def findings(seen: Evidence, known: Stack | None = None) -> dict[str, Found]:
    found = {name: check(known or stack(), seen) for name, check in CHECKS.items()}
    return {name: one for name, one in found.items() if one}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_where_all_is_well(name: str) -> None:
    assert findings(host(name)) == {}


def test_nothing_is_found_on_one_host_or_without_an_answer() -> None:
    alone = Evidence("localhost", NOW, {"redis": {"info": {}}, "pulse": {"services": {"redis-server": UP}}})
    assert findings(alone, Stack.from_data(document())) == {}
    assert findings(Evidence("s1", NOW, {"redis": {"fault": "no answer", "code": ""}})) == {}


def test_a_sentinel_that_does_not_run_is_named_on_its_host() -> None:
    stopped = {"running": False, "state": "stopped", "pid": 0, "reason": ""}
    assert findings(host("s3", state=stopped))["sentinel_down"].wrong == "redis-sentinel is stopped"


def test_a_lost_quorum_is_told_once() -> None:
    silent = {"s2": GONE, "s3": GONE}
    found = findings(host("s1", sentinels=silent))
    assert found["sentinel_quorum"].wrong == "1 of 3 sentinels answer: nobody can take over from the master"
    assert len(found["sentinel_quorum"].evidence) == 2
    assert "sentinel_quorum" not in findings(host("s2", sentinels=silent))
    assert findings(host("s1", sentinels={"s3": GONE})) == {}
    everyone = dict.fromkeys(NAMES, GONE)
    assert [name for name in NAMES if "sentinel_quorum" in findings(host(name, sentinels=everyone))] == ["s1"]


def test_a_sentinel_against_the_others_is_named_on_its_host() -> None:
    other = {"s3": SAYS | {"master": "10.0.0.3"}}
    found = findings(host("s3", sentinels=other))
    assert found["sentinel_disagreement"].wrong == (
        "the sentinel of s3 says that the master is 10.0.0.3, the others say 10.0.0.1"
    )
    assert findings(host("s1", sentinels=other)) == {}


def test_a_second_master_is_named_and_the_meant_one_is_not() -> None:
    two = {"s3": MASTER}
    assert findings(host("s3", nodes=two))["masters"].wrong == (
        "Redis on s3 is a master too, and the sentinels say s1"
    )
    assert "masters" not in findings(host("s1", nodes=two))
    silent = dict.fromkeys(NAMES, GONE)
    assert "no sentinel says" in findings(host("s1", nodes=two, sentinels=silent))["masters"].wrong


def test_no_master_is_told_once() -> None:
    none = {"s1": GONE}
    assert findings(host("s2", nodes=none))["masters"].wrong == "no Redis is master: none takes writes"
    assert "masters" not in findings(host("s3", nodes=none))


def test_a_replica_without_its_master_says_why() -> None:
    line = "Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled."
    found = findings(host("s2", nodes={"s2": REPLICA | {"link": "down"}}, log=(line,)))["replica_link"]
    assert found.wrong == "Redis on s2 has lost its master 10.0.0.1: the link is down"
    assert found.evidence == (line,)


def test_no_beat_is_told_when_a_takeover_is_overdue() -> None:
    found = findings(host(ticks=[(30.0, "gen7@s2")]))["none_active"]
    assert found.wrong == "none of the beats on s2 and s3 is active: the last tick is 30 s old"
    assert "there was never a tick" in findings(host(ticks=[]))["none_active"].wrong
    assert findings(host(ticks=[(17.0, "gen7@s2")])) == {}
    assert findings(host(ticks=[(30.0, "gen7@s2")]), stack(beats=1)) == {}
    assert findings(host("s2", ticks=[(30.0, "gen7@s2")])) == {}


def test_a_takeover_is_no_second_beat_and_taking_turns_is() -> None:
    over = [(16.0, "gen7@s2"), (11.0, "gen7@s2"), (4.0, "gen8@s3")]
    assert findings(host(ticks=over)) == {}
    turns = [(11.0, "gen7@s2"), (9.0, "gen8@s3"), (6.0, "gen7@s2"), (4.0, "gen8@s3")]
    assert findings(host(ticks=turns))["two_active"].wrong == "2 beats send the schedule: gen7@s2 and gen8@s3"
