"""Entries that an inventory declares for a broker, completed to what the role rabbitmq takes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

Entry = dict[str, Any]

GENERATED = "length=32 chars=ascii_letters,digits"
# What a parameter's component is a plugin of; others need none that is not on already.
PLUGINS = {
    "shovel": "rabbitmq_shovel",
    "federation": "rabbitmq_federation",
    "federation-upstream": "rabbitmq_federation",
    "federation-upstream-set": "rabbitmq_federation",
}


def in_vhost(entries: Iterable[Mapping[str, Any]], vhost: str) -> list[Entry]:
    """Return ``entries``, each with its virtual host: ``vhost`` where it names none."""
    return [{"vhost": vhost, **entry} for entry in entries]


def typed_queues(entries: Iterable[Mapping[str, Any]], default: str) -> list[Entry]:
    """Return queues with their ``type``, or ``default``, as the argument that RabbitMQ knows it by."""
    return [
        {key: value for key, value in entry.items() if key != "type"}
        | {"arguments": {"x-queue-type": entry.get("type", default), **(entry.get("arguments") or {})}}
        for entry in entries
    ]


def on_all(vhosts: Iterable[str], configure: str = ".*", write: str = ".*", read: str = ".*") -> list[Entry]:
    """Return the same permissions on each of the virtual hosts."""
    return [{"vhost": vhost, "configure": configure, "write": write, "read": read} for vhost in vhosts]


def password_terms(users: Iterable[Mapping[str, Any]], directory: str) -> list[str]:
    """Return for each user what Ansible's lookup `password` takes: a file of its own, and what it makes."""
    return secret_terms((user["name"] for user in users), directory)


def secret_terms(names: Iterable[Any], directory: str) -> list[str]:
    """Return the same for users of these names."""
    return [f"{directory}/user/{quote(str(name), safe='')} {GENERATED}" for name in names]


def users(entries: Sequence[Mapping[str, Any]], generated: Sequence[str], vhost: str) -> list[Entry]:
    """Return users with their passwords, ``generated`` (as many) where they give none, and whole rights."""
    return [
        {
            "tags": [],
            **entry,
            "password": entry.get("password") or password,
            "permissions": in_vhost(entry.get("permissions") or [], vhost),
            "topic_permissions": in_vhost(entry.get("topic_permissions") or [], vhost),
        }
        for entry, password in zip(entries, generated, strict=True)
    ]


def secrets(entries: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the passwords of ``users`` by the names that `inv secrets` knows: `user/<name>`."""
    return {f"user/{entry['name']}": str(entry["password"]) for entry in entries}


def plugins(parameters: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return RabbitMQ's plugins that the stack and ``parameters`` need, sorted."""
    needed = {PLUGINS[entry["component"]] for entry in parameters if entry.get("component") in PLUGINS}
    return ["rabbitmq_management", *sorted(needed)]
