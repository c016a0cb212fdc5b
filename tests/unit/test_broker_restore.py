"""What an export gives back to a new broker, and what is left out."""

from __future__ import annotations

from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import broker_restore
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import BrokerError

EXPORT: dict[str, Any] = {
    "vhosts": [{"name": "app"}, {"name": "attic"}],
    "users": [
        {"name": "guest", "password_hash": "g", "tags": []},
        {"name": "admin", "password_hash": "a", "tags": ["administrator"]},
        {"name": "visitor", "password_hash": "kept", "hashing_algorithm": "x", "tags": []},
    ],
    "permissions": [
        {"user": one, "vhost": "attic", "configure": "", "write": "", "read": ".*"}
        for one in ("guest", "visitor")
    ],
    "queues": [
        {"vhost": "attic", "name": "letters", "durable": True, "auto_delete": False, "arguments": {}},
        {"vhost": "app", "name": "passing", "durable": False, "auto_delete": True, "arguments": {}},
        {"vhost": "app", "name": "mails", "durable": True, "auto_delete": False, "arguments": {}},
    ],
    "bindings": [
        {
            "vhost": vhost,
            "source": "amq.topic",
            "destination": name,
            "destination_type": "queue",
            "routing_key": "#",
            "arguments": {},
        }
        for vhost, name in (("attic", "letters"), ("app", "passing"))
    ],
    "policies": [
        {"vhost": "attic", "name": name, "pattern": "^x", "definition": {}} for name in ("mirror", "short")
    ],
    "parameters": [
        {"vhost": vhost, "component": "vhost-limits", "name": "limits", "value": {"max-queues": 9}}
        for vhost in ("app", "attic")
    ],
    "global_parameters": [{"name": "cluster_name", "value": "old"}, {"name": "mine", "value": 1}],
}
DECLARED: dict[str, Any] = {
    "vhosts": [{"name": "app"}],
    "users": [{"name": "admin", "password": "secret", "tags": ["administrator"]}],
    "queues": [{"vhost": "app", "name": "mails", "arguments": {"x-queue-type": "quorum"}}],
}
ACTUAL = {"vhosts": [{"name": "app"}], "users": [], "global_parameters": [{"name": "cluster_name"}]}


def test_what_nobody_declared_comes_back_and_the_rest_does_not() -> None:
    parts = broker_restore.lost(EXPORT, DECLARED, ACTUAL)
    assert broker_restore.names(parts) == [
        "vhost `attic`",
        "user `visitor`",
        "permissions of user `visitor` on vhost `attic`",
        "policy `mirror` on vhost `attic`",
        "policy `short` on vhost `attic`",
        "queue `letters` on vhost `attic`",
        "binding `amq.topic` -> `letters` by `#` on vhost `attic`",
        "limits of vhost `attic`",
        "global parameter `mine`",
    ]
    assert parts["users"] == [EXPORT["users"][2]]


def test_a_broker_that_has_it_already_gets_nothing() -> None:
    assert broker_restore.lost(EXPORT, DECLARED, EXPORT) == {}


def test_what_the_release_refuses_is_named_and_the_rest_is_sent() -> None:
    sent: list[dict[str, Any]] = []

    def load(parts: dict[str, Any]) -> None:
        if any(one["name"] == "mirror" for one in parts.get("policies", [])):
            raise BrokerError("no mirrors any more")
        sent.append(parts)

    parts = broker_restore.lost(EXPORT, DECLARED, ACTUAL)
    (said,) = broker_restore.restore(load, parts)
    assert said == "the policy `mirror` on vhost `attic` did not come back: no mirrors any more"
    assert {"policies": [EXPORT["policies"][1]]} in sent
    assert {"queues": [EXPORT["queues"][0]]} in sent
