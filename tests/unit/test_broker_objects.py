"""Password hashes and names of RabbitMQ's objects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_document, broker_objects


def test_what_a_declaration_leaves_out_is_written_down() -> None:
    declared: dict[str, Any] = {
        "exchanges": [{"vhost": "app", "name": "tasks", "type": "topic"}],
        "queues": [{"vhost": "app", "name": "jobs"}],
        "bindings": [{"vhost": "app", "source": "tasks", "destination": "jobs", "routing_key": "jobs"}],
        "policies": [{"vhost": "app", "name": "p", "pattern": "^j", "definition": {"a": 1}}],
    }
    written = broker_document.document(declared)
    assert written["exchanges"] == [
        {
            **declared["exchanges"][0],
            "durable": True,
            "auto_delete": False,
            "internal": False,
            "arguments": {},
        }
    ]
    assert written["queues"] == [
        {**declared["queues"][0], "durable": True, "auto_delete": False, "arguments": {}}
    ]
    assert written["bindings"] == [{**declared["bindings"][0], "destination_type": "queue", "arguments": {}}]
    assert written["policies"] == [{**declared["policies"][0], "apply-to": "all", "priority": 0}]


def test_rabbitmqs_own_hash_is_reproduced() -> None:
    # The worked example of RabbitMQ's documentation on passwords.
    salt = bytes.fromhex("908DC60A")
    assert broker_objects.hash_password("test12", salt) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_every_user_has_a_salt_of_its_own() -> None:
    assert broker_objects.salt_for("admin") == broker_objects.salt_for("admin")
    assert broker_objects.salt_for("admin") != broker_objects.salt_for("app")


@pytest.mark.parametrize(
    ("kind", "identity", "words"),
    [
        ("vhosts", ("/",), "vhost `/`"),
        ("queues", ("/", "jobs"), "queue `jobs` on vhost `/`"),
        ("policies", ("a", "p"), "policy `p` on vhost `a`"),
        ("permissions", ("a", "u"), "permissions of user `u` on vhost `a`"),
    ],
)
def test_objects_have_names(kind: str, identity: tuple[str, ...], words: str) -> None:
    assert broker_objects.describe(kind, identity) == words
