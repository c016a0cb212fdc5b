"""Troubles of a host: ports, shells, what people changed or started on it by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

CLUSTERING, MAPPER = 25672, 4369
SHOWN = 5


@check("host/port_in_use")
def port_in_use(stack: Stack, seen: Evidence) -> Found | None:
    """A service does not run, and a process that is none of ours listens on its port."""
    for service, one in strangers(stack, seen):
        holder = one["command"] or one["program"] or "an unknown process"
        wrong = f"port {one['port']} of {service} is taken by `{holder}`"
        where = f" in {one['unit']}" if one["unit"] else ""
        detail = f"pid {one['pid']} of {one['user']} listens on {one['address']}:{one['port']}{where}"
        return Found(wrong, (detail,), service=service)
    return None


def strangers(stack: Stack, seen: Evidence) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Services that do not run, with the foreign listener on a port of theirs."""
    for service, port in _ports(stack, seen.host):
        if not seen.fails(service):
            continue
        for one in seen.listeners:
            if one["port"] == port and not one["ours"]:
                yield service, one


def _ports(stack: Stack, host: str) -> list[tuple[str, int]]:
    ends = stack.endpoints
    wanted = [
        ("rabbitmq-server", ends.amqp),
        ("rabbitmq-server", ends.management),
        ("redis-server", ends.redis),
        *((app.flower.service, app.flower) for app in stack.apps if app.flower),
    ]
    found = [(service, end.port) for service, end in wanted if end.on == host]
    return [*found, ("rabbitmq-server", CLUSTERING), ("rabbitry-epmd", MAPPER)]


@check("host/command_not_found")
def command_not_found(stack: Stack, seen: Evidence) -> Found | None:
    """What puts the servers' tools on PATH is not in the shells' files any more."""
    lost = [one["why"] for one in _drift(seen) if one["owner"] == "shell_path"]
    return Found(f"{lost[0]}: shells do not find the servers' tools", tuple(lost[1:])) if lost else None


@check("host/changed_by_hand")
def changed_by_hand(stack: Stack, seen: Evidence) -> Found | None:
    """Something is not as `up` put it here, whatever comes of it."""
    # That a service does not run is told by the entries of its own.
    found = [one["why"] for one in _drift(seen) if not _is_stopped(one)]
    if not found:
        return None
    more = (f"and {len(found) - SHOWN - 1} more",) if len(found) > SHOWN + 1 else ()
    return Found(found[0], (*found[1 : SHOWN + 1], *more))


def _drift(seen: Evidence) -> tuple[Mapping[str, Any], ...]:
    return tuple(seen.section("facts").get("drift", ()))


def _is_stopped(one: Mapping[str, Any]) -> bool:
    return bool(one["kind"] == "service" and "is not running" in one["why"])


@check("host/daemon_as_root")
def daemon_as_root(stack: Stack, seen: Evidence) -> Found | None:
    """A process of root's does the work of one of our services."""
    daemons = seen.section("facts").get("by_hand", ())
    if not daemons:
        return None
    return Found(daemons[0]["message"], tuple(f"to end it: {one['hint']}" for one in daemons))


@check("host/intrusion")
def intrusion(stack: Stack, seen: Evidence) -> Found | None:
    """Something among our files is where only an intruder, or a dangerous mistake, puts it."""
    signs = seen.section("facts").get("suspicions", ())
    if not signs:
        return None
    return Found(signs[0]["message"], tuple(one["hint"] for one in signs[:SHOWN]))
