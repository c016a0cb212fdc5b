"""The shape of what a role declares for a RabbitMQ, as an argument specification."""

from __future__ import annotations

from typing import Any

PERMISSION: dict[str, Any] = {
    "vhost": {"type": "str", "required": True},
    "configure": {"type": "str", "required": True},
    "write": {"type": "str", "required": True},
    "read": {"type": "str", "required": True},
}
TOPIC: dict[str, Any] = {
    "vhost": {"type": "str", "required": True},
    "exchange": {"type": "str", "required": True},
    "write": {"type": "str", "required": True},
    "read": {"type": "str", "required": True},
}
USER: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "tags": {"type": "list", "elements": "str", "default": []},
    "permissions": {"type": "list", "elements": "dict", "options": PERMISSION, "default": []},
    "topic_permissions": {"type": "list", "elements": "dict", "options": TOPIC, "default": []},
    "limits": {"type": "dict", "default": {}},
}
VHOST: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "default_queue_type": {"type": "str"},
    "limits": {"type": "dict", "default": {}},
}
RAW: dict[str, Any] = {"type": "list", "elements": "dict", "default": []}
DECLARED: dict[str, Any] = {
    "vhosts": {"type": "list", "elements": "dict", "options": VHOST, "default": []},
    "users": {"type": "list", "elements": "dict", "options": USER, "default": []},
    "exchanges": RAW,
    "queues": RAW,
    "bindings": RAW,
    "policies": RAW,
    "operator_policies": RAW,
    "parameters": RAW,
}
# How a module reaches the broker and what it compares.
COMPARED: dict[str, Any] = {
    "url": {"type": "str", "default": "http://127.0.0.1:15672"},
    "username": {"type": "str", "required": True},
    "definitions": {"type": "dict", "required": True, "options": DECLARED},
    "prune": {"type": "bool", "default": False},
    "rabbitmqctl": {"type": "path", "default": "/usr/sbin/rabbitmqctl"},
}
