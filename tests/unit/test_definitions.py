"""Declared definitions against what RabbitMQ 3.10 and 4.0 export."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    broker_document,
    broker_objects,
    broker_surplus,
    definitions,
)

QUEUE = {"vhost": "app", "name": "jobs", "durable": True, "auto_delete": False}
BINDING = {"vhost": "app", "source": "tasks", "routing_key": "jobs"}
DECLARED: dict[str, Any] = {
    "vhosts": [{"name": "app", "default_queue_type": None, "limits": {"max-queues": 9}}],
    "users": [
        {"name": "admin", "password": "s/@:% é", "tags": ["administrator"], "permissions": []},
        {
            "name": "app",
            "password": "other",
            "tags": [],
            "permissions": [{"vhost": "app", "configure": "^a", "write": ".*", "read": ".*"}],
            "topic_permissions": [{"vhost": "app", "exchange": "tasks", "write": "^a", "read": ".*"}],
            "limits": {"max-channels": 5},
        },
    ],
    "exchanges": [{"vhost": "app", "name": "tasks", "type": "topic", "durable": True, "arguments": {}}],
    "queues": [{**QUEUE, "arguments": {"x-queue-type": "quorum"}}],
    "bindings": [{**BINDING, "destination": "jobs", "destination_type": "queue", "arguments": {}}],
    "policies": [
        {"vhost": "app", "name": "p", "pattern": "^j", "apply-to": "queues", "definition": {"a": 1}}
    ],
    "operator_policies": [{"vhost": "app", "name": "o", "pattern": ".*", "definition": {"max-length": 9}}],
    "parameters": [
        {"vhost": "app", "component": "shovel", "name": "s", "value": {"src-uri": "amqp://a:hidden@h"}}
    ],
}


@pytest.fixture
def exported() -> dict[str, Any]:
    """What a broker that has everything declared answers, with the extras of a new one."""
    answer: dict[str, Any] = copy.deepcopy(broker_document.document(DECLARED))
    answer["vhosts"] = [{"name": "app", "metadata": {"default_queue_type": "classic"}, "tags": []}]
    answer["exchanges"][0] |= {"auto_delete": False, "internal": False}
    answer["queues"][0]["type"] = "quorum"
    answer["policies"][0]["priority"] = 0
    return answer


def changes_of(exported: dict[str, Any], declared: dict[str, Any] = DECLARED) -> list[str]:
    return [str(change) for change in definitions.compare(declared, exported)]


def test_a_broker_that_has_everything_needs_no_change(exported: dict[str, Any]) -> None:
    assert changes_of(exported) == []
    assert broker_surplus.undeclared(definitions.names(DECLARED), exported) == []


def test_an_empty_broker_needs_everything(exported: dict[str, Any]) -> None:
    changes = definitions.compare(DECLARED, {})
    assert [str(change) for change in changes] == [
        "vhost `app`",
        "user `admin`",
        "user `app`",
        "permissions of user `app` on vhost `app`",
        "topic permissions of user `app` for exchange `tasks` on vhost `app`",
        "exchange `tasks` on vhost `app`",
        "queue `jobs` on vhost `app`",
        "binding `tasks` -> `jobs` by `jobs` on vhost `app`",
        "policy `p` on vhost `app`",
        "limits of vhost `app`",
        "operator policy `o` on vhost `app`",
        "shovel `s` on vhost `app`",
    ]
    assert definitions.selection(DECLARED, changes) == broker_document.document(DECLARED)
    assert not any(change.is_conflict for change in changes)


def test_a_hash_with_another_salt_is_the_same_password(exported: dict[str, Any]) -> None:
    user = exported["users"][0]
    user["password_hash"] = broker_objects.hash_password("s/@:% é", b"\x01\x02\x03\x04")
    assert changes_of(exported) == []
    user["password_hash"] = broker_objects.hash_password("s/@:% é", b"salt", "rabbit_password_hashing_sha512")
    user["hashing_algorithm"] = "rabbit_password_hashing_sha512"
    assert changes_of(exported) == []
    user["password_hash"] = broker_objects.hash_password("old", b"salt")
    user["hashing_algorithm"] = broker_objects.HASHING
    assert changes_of(exported) == ["user `admin`"]


@pytest.mark.parametrize("stored", ["", "bm90IGEgaGFzaA==", "abc"])
def test_a_password_that_was_never_set_does_not_match(exported: dict[str, Any], stored: str) -> None:
    exported["users"][1]["password_hash"] = stored
    assert changes_of(exported) == ["user `app`"]


def test_the_document_is_stable_and_holds_no_password() -> None:
    first, second = (json.dumps(broker_document.document(copy.deepcopy(DECLARED))) for _ in range(2))
    assert first == second
    assert "other" not in first
    hashes = {user["password_hash"] for user in broker_document.document(DECLARED)["users"]}
    assert len(hashes) == 2


def test_only_what_differs_is_sent(exported: dict[str, Any]) -> None:
    exported["users"][1]["tags"] = "monitoring,policymaker"
    exported["permissions"] = []
    exported["bindings"] = []
    changes = definitions.compare(DECLARED, exported)
    parts = definitions.selection(DECLARED, changes)
    assert {kind: len(entries) for kind, entries in parts.items()} == {
        "users": 1,
        "permissions": 1,
        "bindings": 1,
    }
    assert parts["users"][0]["tags"] == []


def test_what_nobody_declared_is_reported_and_left_alone(exported: dict[str, Any]) -> None:
    exported["queues"].append({**QUEUE, "name": "old", "arguments": {}})
    exported["users"].append({"name": "someone", "password_hash": "", "tags": []})
    assert changes_of(exported) == []
    found = broker_surplus.undeclared(definitions.names(DECLARED), exported)
    assert found == ["queue `old` on vhost `app`", "user `someone`"]


def test_guest_goes_unless_declared(exported: dict[str, Any]) -> None:
    guest = {"name": "guest", "password": "guest", "tags": [], "permissions": []}
    exported["users"].append(broker_document.document({"users": [guest]})["users"][0])
    (change,) = definitions.compare(DECLARED, exported)
    assert (str(change), change.after) == ("user `guest`", None)
    assert definitions.selection(DECLARED, [change]) == {}
    assert changes_of(exported, {**DECLARED, "users": [*DECLARED["users"], guest]}) == []


@pytest.mark.parametrize(
    ("kind", "difference", "words"),
    [
        (
            "queues",
            {"arguments": {"x-queue-type": "classic"}},
            "`x-queue-type` `classic` instead of `quorum`",
        ),
        (
            "queues",
            {"arguments": {"x-queue-type": "quorum", "x-max-length": 5}},
            "`x-max-length` `5` instead of unset",
        ),
        ("queues", {"durable": False}, "`durable` `False` instead of `True`"),
        ("exchanges", {"type": "direct"}, "`type` `direct` instead of `topic`"),
    ],
)
def test_what_the_broker_would_refuse_with_406_is_named(
    exported: dict[str, Any], kind: str, difference: dict[str, Any], words: str
) -> None:
    exported[kind][0] |= difference
    (change,) = definitions.compare(DECLARED, exported)
    assert change.is_conflict
    message, hint = definitions.conflict(change, "http://127.0.0.1:15672", "admin")
    name = "queue `jobs`" if kind == "queues" else "exchange `tasks`"
    assert message.startswith(f"{name} on vhost `app` exists with {words}, which RabbitMQ cannot change: ")
    assert hint.startswith(
        "rabbitmqctl -p app delete_queue jobs" if kind == "queues" else "curl -u admin -X DELETE"
    )


def test_a_queue_without_a_type_is_classic_or_of_its_vhosts_type(exported: dict[str, Any]) -> None:
    plain = {**DECLARED, "queues": [{**QUEUE, "arguments": {}}]}
    old_broker = copy.deepcopy(exported)
    old_broker["queues"] = [{**QUEUE, "arguments": {}}]
    assert changes_of(old_broker, plain) == []
    assert definitions.compare(plain, exported)[0].is_conflict
    quorum = {**plain, "vhosts": [{**DECLARED["vhosts"][0], "default_queue_type": "quorum"}]}
    exported["vhosts"][0]["default_queue_type"] = "quorum"
    assert changes_of(exported, quorum) == []


def test_a_vhosts_default_type_counts_only_when_declared(exported: dict[str, Any]) -> None:
    assert changes_of(exported) == []
    declared = {**DECLARED, "vhosts": [{**DECLARED["vhosts"][0], "default_queue_type": "quorum"}]}
    assert changes_of(exported, declared) == ["vhost `app`"]


def test_a_diff_says_that_a_password_changes_and_not_which(exported: dict[str, Any]) -> None:
    exported["users"][0]["password_hash"] = broker_objects.hash_password("older", b"salt")
    shown = definitions.diff(definitions.compare(DECLARED, exported))
    assert '"password": "another"' in shown["before"]
    assert '"password": "as declared"' in shown["after"]
    for secret in ("s/@:%", "older", exported["users"][0]["password_hash"]):
        assert secret not in json.dumps(shown)


def test_what_rabbitmq_keeps_as_parameters_is_compared_by_value(exported: dict[str, Any]) -> None:
    for one in exported["parameters"]:
        one["value"] = {**one["value"], "more": 1}
    exported["users"][1]["limits"] = {}
    assert changes_of(exported) == [
        "user `app`",
        "limits of vhost `app`",
        "operator policy `o` on vhost `app`",
        "shovel `s` on vhost `app`",
    ]


def test_a_diff_shows_no_password_of_a_shovel() -> None:
    shown = definitions.diff(definitions.compare(DECLARED, {}))
    assert "hidden" not in shown["after"] and "amqp://a:***@h" in shown["after"]


def test_the_digest_sees_every_declared_object_and_guest_only(exported: dict[str, Any]) -> None:
    names = json.loads(json.dumps(definitions.names(DECLARED)))
    before = definitions.digest(exported, names)
    for kind in broker_objects.IDENTITY:
        assert definitions.digest({**exported, kind: []}, names) != before, kind
    changed = copy.deepcopy(exported)
    changed["users"][1]["password_hash"] = broker_objects.hash_password("new", b"salt")
    assert definitions.digest(changed, names) != before
    guest = {"name": "guest", "password_hash": "", "tags": []}
    assert definitions.digest({**exported, "users": [*exported["users"], guest]}, names) != before
    extra = {**exported, "queues": [{**QUEUE, "name": "old"}, *exported["queues"]]}
    assert definitions.digest(extra, names) == before


@pytest.mark.parametrize(
    ("version", "refused"), [("3.10.8", True), ("3.11.0", False), ("4.0.5", False), ("", False)]
)
def test_an_old_broker_keeps_the_default_type_that_a_vhost_was_created_with(
    exported: dict[str, Any], version: str, refused: bool
) -> None:
    declared = {**DECLARED, "vhosts": [{**DECLARED["vhosts"][0], "default_queue_type": "quorum"}]}
    changes = definitions.compare(declared, exported)
    assert definitions.conflicts(changes, version) == (changes if refused else [])
    message, hint = definitions.conflict(changes[0], "http://127.0.0.1:15672", "admin", "3.10.8")
    assert message.startswith(
        "vhost `app` has `default_queue_type` `classic` instead of `quorum`, "
        "which RabbitMQ 3.10.8 sets only when it creates it: "
    )
    assert hint == "rabbitmqctl -p app list_queues name type messages"
    assert definitions.conflicts(definitions.compare(declared, {**exported, "vhosts": []}), version) == []
