"""Password hashes and names of RabbitMQ's objects."""

from __future__ import annotations

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_objects


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
