"""What a broker holds and nobody declared, in the order in which it can be deleted; pure.

Left out is what clients make for themselves (exchanges and queues that are not durable or delete themselves,
with their bindings), what goes with something else (the content of a virtual host, the permissions of a user,
the bindings of a queue), and what ``definitions.compare`` removes: the user ``guest``, limits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.rabbitry.stack.plugins.module_utils.broker_document import document
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import (
    Fields,
    Identity,
    Objects,
    objects,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import (
    Change,
    Names,
    is_limits,
    shown,
)

# What refers to others goes before them; permissions late, for the administrator deletes queues by its own.
ORDER = (
    "parameters",
    "policies",
    "bindings",
    "queues",
    "exchanges",
    "permissions",
    "topic_permissions",
    "users",
    "vhosts",
)


def surplus(declared: Fields, exported: Fields) -> list[Change]:
    """Return what nobody declared as changes without an ``after``."""
    return _beyond(objects(document(declared)), exported)


def undeclared(declared_names: Names, exported: Fields) -> list[str]:
    """Return words for what is not among ``declared_names``, as ``definitions.names`` makes them."""
    wanted = {kind: {tuple(one) for one in declared_names.get(kind, ())} for kind in ORDER}
    return [str(change) for change in _beyond(wanted, exported)]


def _beyond(wanted: Mapping[str, Collection[Identity]], exported: Fields) -> list[Change]:
    actual = objects(exported)
    spare = {kind: {one for one in actual[kind] if one not in wanted[kind]} for kind in actual}
    spare["users"].discard(("guest",))
    return [
        Change(kind, one, shown(kind, actual[kind][one]), None)
        for kind in ORDER
        for one in sorted(spare[kind])
        if not _is_a_clients(kind, one, actual)
        and not _goes_along(kind, one, spare)
        # What a declared virtual host is held to is compared with it.
        and not (kind == "parameters" and is_limits(one, wanted))
    ]


def _is_a_clients(kind: str, one: Identity, actual: dict[str, Objects]) -> bool:
    if kind == "bindings":
        vhost, source, to, destination, *_ = one
        ends = (("exchanges", (vhost, source)), (f"{to}s", (vhost, destination)))
        return any(_is_a_clients(end, name, actual) for end, name in ends)
    if kind not in ("exchanges", "queues"):
        return False
    # Not exported: the broker's own exchanges (amq.*), and queues of one connection.
    facts = actual[kind].get(one)
    return facts is not None and (facts["auto_delete"] or not facts["durable"])


def _goes_along(kind: str, one: Identity, spare: dict[str, set[Identity]]) -> bool:
    if kind in ("users", "vhosts"):
        return False
    if (one[0],) in spare["vhosts"]:
        return True
    if kind in ("permissions", "topic_permissions"):
        return (one[1],) in spare["users"]
    if kind == "bindings":
        vhost, source, to, destination, *_ = one
        return (vhost, source) in spare["exchanges"] or (vhost, destination) in spare[f"{to}s"]
    return False
