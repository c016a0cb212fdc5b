"""Gives a new broker what an earlier one's export holds beyond what is declared."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.rabbitry.stack.plugins.module_utils.broker import BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_document import document
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import (
    IDENTITY,
    LIMITS,
    Fields,
    describe,
    identity,
    objects,
)

# What others refer to comes before them. Limits come last: they would keep the rest from being made.
ORDER = (
    "vhosts",
    "users",
    "permissions",
    "topic_permissions",
    "policies",
    "exchanges",
    "queues",
    "bindings",
    "parameters",
    "global_parameters",
)
GUEST = "guest"

Parts = dict[str, list[Fields]]


def lost(export: Fields, declared: Fields, actual: Fields) -> Parts:
    """Return the entries of ``export`` that nobody declared and the broker, as ``actual``, does not have.

    Left out are the user guest, and exchanges and queues that live no longer than their clients; a declared
    virtual host has the limits that are declared for it. Password hashes stay as they were exported.
    """
    wanted, there = objects(document(declared)), objects(actual)
    parts: Parts = {}
    for kind in ORDER[:-1]:
        parts[kind] = [
            entry
            for entry in export.get(kind) or []
            if (one := identity(kind, entry)) not in wanted[kind]
            and one not in there[kind]
            and not _is_passing(kind, entry, wanted["vhosts"])
        ]
    known = {one["name"] for one in actual.get("global_parameters") or []}
    parts["global_parameters"] = [
        one for one in export.get("global_parameters") or [] if one["name"] not in known
    ]
    kept = {kind: entries for kind, entries in parts.items() if entries}
    return _without_loose_ends(kept, export)


def _is_passing(kind: str, entry: Fields, declared_vhosts: object) -> bool:
    if kind in ("exchanges", "queues"):
        return bool(entry.get("auto_delete")) or not entry.get("durable", True)
    if kind == "users":
        return bool(entry["name"] == GUEST)
    if kind in ("permissions", "topic_permissions"):
        return bool(entry["user"] == GUEST)
    if kind == "parameters" and entry["component"] == LIMITS:
        return (entry["vhost"],) in declared_vhosts  # type: ignore[operator]
    return False


def _without_loose_ends(parts: Parts, export: Fields) -> Parts:
    """Leave out the bindings of what is left out."""
    passing = {
        (kind, one["vhost"], one["name"])
        for kind in ("exchanges", "queues")
        for one in export.get(kind) or []
        if _is_passing(kind, one, ())
    }
    bindings = [
        one
        for one in parts.get("bindings", [])
        if ("exchanges", one["vhost"], one["source"]) not in passing
        and (f"{one['destination_type']}s", one["vhost"], one["destination"]) not in passing
    ]
    rest = {kind: entries for kind, entries in parts.items() if kind != "bindings"}
    return {**rest, **({"bindings": bindings} if bindings else {})}


def names(parts: Parts) -> list[str]:
    """Return words for each entry."""
    return [words(kind, entry) for kind in ORDER for entry in parts.get(kind, [])]


def words(kind: str, entry: Fields) -> str:
    """Return words for one entry of an export."""
    if kind not in IDENTITY:
        return f"global parameter `{entry['name']}`"
    return describe(kind, identity(kind, entry))


def restore(load: Callable[[Fields], None], parts: Parts) -> list[str]:
    """Send ``parts`` by ``load``, one kind after the other; return a sentence for each entry that is refused.

    A later RabbitMQ does not take everything that an earlier one had, a policy that mirrors queues for
    example: when it refuses a kind, the entries are sent one by one.
    """
    refused = []
    for kind in ORDER:
        entries = parts.get(kind, [])
        try:
            load({kind: entries} if entries else {})
            continue
        except BrokerError:
            pass
        for entry in entries:
            try:
                load({kind: [entry]})
            except BrokerError as error:
                refused.append(f"the {words(kind, entry)} did not come back: {error}")
    return refused
