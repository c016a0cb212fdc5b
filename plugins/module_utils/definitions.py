"""Compare declared RabbitMQ definitions with those a broker exports; pure, knows no network."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.rabbitry.stack.plugins.module_utils import masking
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_document import document
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import (
    IDENTITY,
    LIMITS,
    Fields,
    Identity,
    describe,
    identity,
    objects,
    password_matches,
)

Names = dict[str, list[list[str]]]

# RabbitMQ refuses to change these in place: another declaration ends in a 406 PRECONDITION_FAILED.
UNCHANGEABLE = ("exchanges", "queues")
# Before this version a virtual host kept the default queue type that it was created with.
CHANGES_VHOSTS = (3, 11)


@dataclass(frozen=True)
class Change:
    """One object that is missing (``before`` None), differs, or must go (``after`` None); never a secret."""

    kind: str
    identity: Identity
    before: Fields | None
    after: Fields | None

    @property
    def is_conflict(self) -> bool:
        """True when the broker cannot get from ``before`` to ``after`` without losing the object."""
        return self.kind in UNCHANGEABLE and self.before is not None and self.after is not None

    def __str__(self) -> str:
        return describe(self.kind, self.identity)


def compare(declared: Fields, exported: Fields, removed_users: tuple[str, ...] = ("guest",)) -> list[Change]:
    """Return what must change on the broker so that everything declared is there, and ``removed_users`` not.

    Objects that nobody declared are left alone. The limits of a declared user or virtual host are a part of
    it, and go when it no longer declares them. Passwords are compared by hashing with the stored salt.
    """
    wanted, actual = objects(document(declared)), objects(exported)
    passwords = {user["name"]: user["password"] for user in declared.get("users") or []}
    changes = []
    for kind, entries in wanted.items():
        for one, after in entries.items():
            before = actual[kind].get(one)
            if kind == "users":
                before, after = _masked(before, after, passwords[one[0]])
            elif kind == "vhosts" and before is not None and after["default_queue_type"] is None:
                after = before
            if before != after:
                changes.append(Change(kind, one, before, after))
    changes += [
        Change("parameters", one, facts, None)
        for one, facts in actual["parameters"].items()
        if is_limits(one, wanted) and one not in wanted["parameters"]
    ]
    for name in removed_users:
        if (name,) in actual["users"] and (name,) not in wanted["users"]:
            changes.append(Change("users", (name,), shown("users", actual["users"][(name,)]), None))
    return changes


def is_limits(one: Identity, wanted: Mapping[str, Collection[Identity]]) -> bool:
    """Whether a parameter of this identity holds the limits of one of the virtual hosts in ``wanted``."""
    return one[1] == LIMITS and (one[0],) in wanted["vhosts"]


def selection(declared: Fields, changes: list[Change]) -> dict[str, list[Fields]]:
    """Return the part of the document that carries out ``changes``, ready to be sent to the broker."""
    chosen = {(change.kind, change.identity) for change in changes if change.after is not None}
    parts: dict[str, list[Fields]] = {}
    for kind, entries in document(declared).items():
        picked = [entry for entry in entries if (kind, identity(kind, entry)) in chosen]
        if picked:
            parts[kind] = picked
    return parts


def names(declared: Fields) -> Names:
    """Return the identity of everything declared, by kind: what ``digest`` has to look at later."""
    return {kind: [list(one) for one in sorted(found)] for kind, found in objects(document(declared)).items()}


def digest(exported: Fields, declared_names: Names) -> str:
    """Return a checksum over the broker's own view of everything in ``declared_names``.

    It changes when one of these objects is changed, removed or gets another password; objects that were
    never declared do not count, except the user guest, whose presence does.
    """
    actual = objects(exported)
    view = {
        kind: [[one, actual[kind].get(tuple(one))] for one in sorted(declared_names.get(kind, []))]
        for kind in IDENTITY
    }
    text = json.dumps([view, ("guest",) in actual["users"]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def shown(kind: str, facts: Fields) -> Fields:
    """Return ``facts`` of an object of this kind without password hashes."""
    return {key: value for key, value in facts.items() if kind != "users" or key in ("tags", "limits")}


def diff(changes: list[Change], undone: Sequence[str] = ()) -> dict[str, str]:
    """Return Ansible's ``{"before", "after"}`` texts for ``changes``, one line an object.

    ``undone`` are words for what was there and goes.
    """
    texts = {side: "".join(_line(change, side) for change in changes) for side in ("before", "after")}
    return {**texts, "before": "".join(f"{one}\n" for one in undone) + texts["before"]}


def conflicts(changes: list[Change], version: str) -> list[Change]:
    """Return those of ``changes`` that a broker of this version (such as ``3.10.8``) cannot carry out."""
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    fixed = bool(numbers) and numbers < CHANGES_VHOSTS
    return [
        one
        for one in changes
        if one.is_conflict or (fixed and one.kind == "vhosts" and one.before is not None)
    ]


def conflict(change: Change, url: str, user: str, version: str = "") -> tuple[str, str]:
    """Return ``(message, hint)`` for a change that the broker would refuse with a 406, or not carry out.

    ``url`` and ``user`` are the management API's, for the command in the hint; ``version`` is the broker's.
    """
    there, here = _flat(change.before or {}), _flat(change.after or {})
    keys = sorted(key for key in there.keys() | here.keys() if there.get(key) != here.get(key))
    parts = ", ".join(f"`{key}` {_word(there.get(key))} instead of {_word(here.get(key))}" for key in keys)
    choices = "declare it as it is, choose another name or vhost, or drain and delete it"
    if change.kind == "vhosts":
        message = f"{change} has {parts}, which RabbitMQ {version} sets only when it creates it: {choices}"
        return message, f"rabbitmqctl -p {shlex.quote(change.identity[0])} list_queues name type messages"
    message = f"{change} exists with {parts}, which RabbitMQ cannot change: {choices}"
    return message, _deletion(change, url, user)


def _deletion(change: Change, url: str, user: str) -> str:
    vhost, name = change.identity
    if change.kind == "queues":
        return f"rabbitmqctl -p {shlex.quote(vhost)} delete_queue {shlex.quote(name)} --if-empty"
    path = f"{url}/api/exchanges/{quote(vhost, safe='')}/{quote(name, safe='')}?if-unused=true"
    return f"curl -u {shlex.quote(user)} -X DELETE {shlex.quote(path)}"


def _masked(before: Fields | None, after: Fields, password: str) -> tuple[Fields | None, Fields]:
    """Replace hashes by whether they fit ``password``."""
    fits = before and password_matches(before["password_hash"] or "", password, before["algorithm"])
    return (
        before and {**shown("users", before), "password": "as declared" if fits else "another"},
        {**shown("users", after), "password": "as declared"},
    )


def _flat(facts: Fields) -> Fields:
    arguments: Fields = facts.get("arguments", {})
    return {key: value for key, value in facts.items() if key != "arguments"} | arguments


def _word(value: Any) -> str:
    return "unset" if value is None else f"`{value}`"


def _line(change: Change, side: str) -> str:
    facts = change.before if side == "before" else change.after
    # The parameters of shovels and federations have URLs with passwords in them.
    return "" if facts is None else f"{change}: {json.dumps(masking.masked(facts, ()), sort_keys=True)}\n"
