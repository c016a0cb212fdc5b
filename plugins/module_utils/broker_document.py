"""Declared objects of RabbitMQ as the definitions document that a broker loads; pure.

Declared, as the role takes it: ``{"vhosts": [{name, default_queue_type?, limits?}], "users": [{name,
password, tags, limits?, permissions: [{vhost, configure, write, read}], topic_permissions: [{vhost, exchange,
write, read}]}], "exchanges", "queues", "bindings", "policies", "operator_policies", "parameters"}``, the last
six with RabbitMQ's own keys.
"""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import (
    HASHING,
    LIMITS,
    OPERATOR,
    Fields,
    hash_password,
    salt_for,
    tags,
)

# What a declaration may leave out, and RabbitMQ 3.10 must be told.
DEFAULTS: dict[str, Fields] = {
    "exchanges": {
        "type": "direct",
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    },
    "queues": {"durable": True, "auto_delete": False, "arguments": {}},
    "bindings": {"destination_type": "queue", "routing_key": "", "arguments": {}},
    "policies": {"apply-to": "all", "priority": 0},
    "operator_policies": {"apply-to": "queues", "priority": 0},
}


def document(declared: Fields) -> dict[str, list[Fields]]:
    """Return the definitions document that a broker can load; it has password hashes, no passwords."""
    users = declared.get("users") or []
    default_types = {vhost["name"]: vhost.get("default_queue_type") for vhost in declared.get("vhosts") or []}
    return {
        "vhosts": [_settled(vhost) for vhost in declared.get("vhosts") or []],
        "users": [
            {
                "name": user["name"],
                "password_hash": hash_password(user["password"], salt_for(user["name"])),
                "hashing_algorithm": HASHING,
                "tags": tags(user),
                "limits": user.get("limits") or {},
            }
            for user in users
        ],
        "permissions": [
            {"user": user["name"], **permission}
            for user in users
            for permission in user.get("permissions") or []
        ],
        "topic_permissions": [
            {"user": user["name"], **permission}
            for user in users
            for permission in user.get("topic_permissions") or []
        ],
        "exchanges": _complete(declared, "exchanges"),
        "queues": [
            _typed(queue, default_types.get(queue["vhost"])) for queue in _complete(declared, "queues")
        ],
        "bindings": _complete(declared, "bindings"),
        "policies": _complete(declared, "policies"),
        "parameters": _parameters(declared),
    }


def _parameters(declared: Fields) -> list[Fields]:
    """Return what RabbitMQ keeps as parameters: limits of virtual hosts, operator policies and the rest."""
    limits = [
        {"vhost": vhost["name"], "component": LIMITS, "name": "limits", "value": vhost["limits"]}
        for vhost in declared.get("vhosts") or []
        if vhost.get("limits")
    ]
    policies = [
        {
            "vhost": policy["vhost"],
            "component": OPERATOR,
            "name": policy["name"],
            "value": {key: policy[key] for key in ("pattern", "definition", "apply-to", "priority")},
        }
        for policy in _complete(declared, "operator_policies")
    ]
    return [*limits, *policies, *(declared.get("parameters") or [])]


def _complete(declared: Fields, kind: str) -> list[Fields]:
    return [{**DEFAULTS[kind], **entry} for entry in declared.get(kind) or []]


def _settled(vhost: Fields) -> Fields:
    default = vhost.get("default_queue_type")
    if not default:
        return {"name": vhost["name"]}
    # RabbitMQ 3.10 reads it from the metadata, and only when it creates the virtual host.
    metadata = {"description": "", "tags": [], "default_queue_type": default}
    return {"name": vhost["name"], "default_queue_type": default, "metadata": metadata}


def _typed(queue: Fields, default_type: str | None) -> Fields:
    arguments = queue.get("arguments") or {}
    return {**queue, "arguments": {"x-queue-type": default_type, **arguments} if default_type else arguments}
