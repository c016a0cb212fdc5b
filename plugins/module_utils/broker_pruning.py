"""Deletes from a broker what nobody declared; what holds messages or is in use is kept and named."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import (
    OPERATOR,
    Fields,
    Identity,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import Change

# Counted when asked, not the statistics of some seconds ago.
TOTALS = "/api/queues?disable_stats=true&enable_queue_totals=true"
CONSUMERS = "/api/consumers"
CONNECTIONS = "/api/connections"


class Pruning:
    """What of ``spare`` (see broker_surplus.py) may go from ``broker``, and its deletion.

    ``kept`` are words for what stays, and why; reading them changes nothing. Raises BrokerError.
    """

    def __init__(self, broker: Broker, spare: Iterable[Change], exported: Fields) -> None:
        self._broker = broker
        spare = list(spare)
        # The API tells an administrator nothing of what is in other virtual hosts.
        mine = {one["vhost"] for one in exported.get("permissions", []) if one["user"] == broker.username}
        busy = self._busy() if any(one.kind in ("queues", "vhosts") for one in spare) else {}
        reasons = [
            (one, busy.get((one.kind, one.identity), "") if _is_open(one, mine) else self._closed)
            for one in spare
        ]
        self.kept = [f"{one}, which {why}" for one, why in reasons if why]
        self.changes = [one for one, why in reasons if not why]

    def carry_out(self, declared: dict[str, list[Fields]]) -> None:
        """Delete it; ``declared`` is the document, of which a part may have to be said again."""
        for change in self.changes:
            for path in self._paths(change):
                self._broker.delete(path)
            if change.kind == "topic_permissions":
                # There is no deletion of one: all of the user's in this vhost went.
                vhost, user, _ = change.identity
                theirs = declared["topic_permissions"]
                left = [one for one in theirs if (one["vhost"], one["user"]) == (vhost, user)]
                self._broker.load({"topic_permissions": left} if left else {})

    @property
    def _closed(self) -> str:
        return f"user `{self._broker.username}` has no permissions to look into"

    def _busy(self) -> dict[tuple[str, Identity], str]:
        """Return why a queue or a virtual host must stay: ``{(kind, identity): words}``."""
        found: dict[tuple[str, Identity], str] = {}
        for one in self._broker.get(CONNECTIONS):
            found["vhosts", (one.get("vhost", ""),)] = "has clients"
        used = {(one["queue"]["vhost"], one["queue"]["name"]) for one in self._broker.get(CONSUMERS)}
        for queue in self._broker.get(TOTALS):
            name = (queue["vhost"], queue["name"])
            if why := _why(queue, name in used):
                found["queues", name] = why
                found["vhosts", name[:1]] = f"has the queue `{name[1]}`, which {why}"
        return found

    def _paths(self, change: Change) -> list[str]:
        one = [quote(part, safe="") for part in change.identity]
        match change.kind:
            case "permissions":
                return [f"/api/permissions/{one[0]}/{one[1]}"]
            case "topic_permissions":
                return [f"/api/topic-permissions/{one[0]}/{one[1]}"]
            case "policies":
                return [f"/api/policies/{one[0]}/{one[1]}"]
            case "parameters":
                return self._parameter(change, one)
            case "bindings":
                return self._binding(change, one)
            case "users" | "vhosts":
                return [f"/api/{change.kind}/{one[0]}"]
            case "exchanges":
                return [f"/api/exchanges/{one[0]}/{one[1]}?if-unused=true"]
            case "queues":
                # Quorum queues and streams refuse the conditions.
                assert change.before is not None
                classic = change.before["arguments"]["x-queue-type"] == "classic"
                conditions = "?if-empty=true&if-unused=true" if classic else ""
                return [f"/api/queues/{one[0]}/{one[1]}{conditions}"]
        raise BrokerError(f"{change} is of a kind that cannot be deleted")

    def _parameter(self, change: Change, one: list[str]) -> list[str]:
        vhost, component, name = one
        if component == OPERATOR:
            return [f"/api/operator-policies/{vhost}/{name}"]
        return [f"/api/parameters/{component}/{vhost}/{name}"]

    def _binding(self, change: Change, one: list[str]) -> list[str]:
        """Return the address of the one binding that has this key and these arguments."""
        vhost, source, to, destination, _, _ = one
        between = f"/api/bindings/{vhost}/e/{source}/{to[0]}/{destination}"
        key, arguments = change.identity[4], json.loads(change.identity[5])
        return [
            f"{between}/{quote(found['properties_key'], safe='')}"
            for found in self._broker.get(between)
            if found["routing_key"] == key and found["arguments"] == arguments
        ]


def _is_open(change: Change, mine: set[str]) -> bool:
    """Whether what ``change`` concerns can be seen by who has permissions on the virtual hosts ``mine``."""
    outside = change.kind in ("users", "permissions", "topic_permissions")
    return outside or change.identity[0] in mine


def _why(queue: dict[str, Any], used: bool) -> str:
    messages = queue.get("messages")
    if messages is None:
        return "is down, so that its messages cannot be counted"
    if messages:
        return f"has {messages} message" + ("s" if messages > 1 else "")
    return "has a consumer" if used else ""
