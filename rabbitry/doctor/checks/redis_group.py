"""Troubles of several Redis that replicate, and of the sentinels beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rabbitry.doctor.checks.redis_log import REDIS
from rabbitry.doctor.checks.service import down
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

SENTINEL = "redis-sentinel"


@check("redis/sentinel_down")
def sentinel_down(stack: Stack, seen: Evidence) -> Found | None:
    """Sentinel belongs on this host and does not run, or not for long."""
    return down(seen, SENTINEL) if seen.fails(SENTINEL) else None


@check("redis/sentinel_quorum")
def sentinel_quorum(stack: Stack, seen: Evidence) -> Found | None:
    """Fewer sentinels answer this host than it takes to agree on a new master."""
    told = _group(seen, "sentinels")
    answering = [host for host, one in told.items() if "fault" not in one]
    if len(answering) > len(told) // 2 or _first(answering or list(told)) != seen.host:
        return None
    silent = tuple(f"{host}: {one['fault']}" for host, one in told.items() if "fault" in one)
    return Found(
        f"{len(answering)} of {len(told)} sentinels answer: nobody can take over from the master", silent
    )


@check("redis/sentinel_disagreement")
def sentinel_disagreement(stack: Stack, seen: Evidence) -> Found | None:
    """The sentinel of this host names another master than most do."""
    told = {host: one["master"] for host, one in _group(seen, "sentinels").items() if "fault" not in one}
    own = told.get(seen.host)
    others = [master for master in told.values() if master != own]
    most = max(others, key=others.count, default="")
    if own is None or others.count(most) <= len(told) // 2:
        return None
    lines = tuple(f"{host}: {master}" for host, master in told.items())
    return Found(f"the sentinel of {seen.host} says that the master is {own}, the others say {most}", lines)


@check("redis/masters")
def masters(stack: Stack, seen: Evidence) -> Found | None:
    """A Redis takes writes that the sentinels do not send anybody to, or none takes any."""
    nodes = {host: one for host, one in _group(seen, "nodes").items() if "fault" not in one}
    found = [host for host, one in nodes.items() if one["role"] == "master"]
    lines = tuple(f"{host}: {one['role']} {one['master']}".rstrip() for host, one in nodes.items())
    if not found and _first(list(nodes)) == seen.host:
        return Found("no Redis is master: none takes writes", lines)
    meant = _meant(stack, seen)
    if len(found) > 1 and seen.host in found and meant != seen.host:
        said = f"the sentinels say {meant}" if meant else "no sentinel says which is meant"
        return Found(f"Redis on {seen.host} is a master too, and {said}", lines)
    return None


@check("redis/replica_link")
def replica_link(stack: Stack, seen: Evidence) -> Found | None:
    """The Redis of this host follows a master and does not get what that one writes."""
    own = _group(seen, "nodes").get(seen.host, {})
    if own.get("role") != "slave" or own["link"] == "up":
        return None
    said = seen.said(REDIS, "MASTER|master|Unable to AUTH|Failed to resolve")
    return Found(
        f"Redis on {seen.host} has lost its master {own['master']}: the link is {own['link']}", (said,)
    )


def _group(seen: Evidence, kind: str) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = seen.section("redis").get("group", {}).get(kind, {})
    return found


def _first(hosts: list[str]) -> str:
    """Which of several hosts says what concerns all of them."""
    return hosts[0] if hosts else ""


def _meant(stack: Stack, seen: Evidence) -> str:
    """The host that most sentinels call master, "" without one."""
    told = [one["master"] for one in _group(seen, "sentinels").values() if "fault" not in one]
    most = max(told, key=told.count, default="")
    nodes = stack.replication.nodes if stack.replication else ()
    return next((node.on for node in nodes if node.host == most), "")
