"""Evidence of a host with RabbitMQ as a real one gave it, and what RabbitMQ's checks say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.registry import checks
from rabbitry.model import Stack
from tests.unit.stack_document import document

STACK = Stack.from_data(document())
STAMP = "2026-11-23 19:00:00.000000+00:00"
NODE: Mapping[str, Any] = {
    "name": "rabbit@localhost",
    "resolves": {"host": "localhost", "addresses": ["127.0.0.1", "::1"], "error": "", "here": True},
    "cookie": {
        "path": "/var/lib/rabbitmq/.erlang.cookie",
        "there": True,
        "mode": "0400",
        "user": "rabbitmq",
        "running": True,
    },
    "data": {"rabbit@localhost": 1795460379.92},
    "settings": {"consumer_timeout": "1800000", "vm_memory_high_watermark.relative": "0.4"},
    "plugins": ["rabbitmq_management"],
}
LOGIN = {"username": "app", "vhost": "app", "code": 0, "text": ""}
MAY = {"user": "app", "vhost": "app", "configure": ".*", "write": ".*", "read": ".*"}
SERVER = {
    "name": "rabbit@localhost",
    "mem_alarm": False,
    "mem_used": 150_000_000,
    "mem_limit": 10_110_604_083,
    "disk_free_alarm": False,
    "disk_free": 78_024_986_624,
    "disk_free_limit": 200_000_000,
}
ANSWERS: Mapping[str, Any] = {
    "nodes": [SERVER],
    "users": [{"name": name, "tags": []} for name in ("admin", "app", "monitor")],
    "vhosts": [{"name": "app"}],
    "permissions": [MAY],
    "queues": [{"name": "default", "vhost": "app", "type": "quorum", "durable": True}],
    "feature_flags": [
        {"name": "khepri_db", "state": "disabled", "stability": "experimental"},
        {"name": "stream_queue", "state": "enabled", "stability": "required"},
    ],
}
UP = {"running": True, "state": "running", "enabled": True, "restarts": 0, "reason": ""}
DOWN = {"running": False, "state": "crashing", "enabled": True, "restarts": 4, "reason": "exit-code 1"}
SILENT = {"fault": "no answer from http://127.0.0.1:15672 ([Errno 111] Connection refused)", "status": 0}


def evidence(
    node: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    *,
    state: Mapping[str, Any] = UP,
    log: tuple[str, ...] = (),
    drift: tuple[tuple[str, str, str], ...] = (),
) -> Evidence:
    """A host's evidence; `drift` are (kind, name, why)."""
    broker = {"node": {**NODE, **(node or {})}, "login": LOGIN, **ANSWERS, **(answers or {})}
    return Evidence(
        "localhost",
        0.0,
        {
            "rabbitmq": broker,
            "pulse": {"services": {"rabbitmq-server": state}},
            "logs": {"rabbitmq-server": list(log)},
            "facts": {"drift": [dict(zip(("kind", "name", "why"), one, strict=True)) for one in drift]},
        },
    )


def fails(*log: str, **more: Any) -> Evidence:
    """A broker that ends and begins again; its last words are `log`."""
    return evidence(more.pop("node", None), SILENT, state=DOWN, log=log, **more)


def found(seen: Evidence) -> dict[str, str]:
    """What each of RabbitMQ's checks says, by the name in its slug."""
    mine = {slug: body for slug, body in checks().items() if slug.startswith("rabbitmq/")}
    said = {slug.partition("/")[2]: body(STACK, seen) for slug, body in mine.items()}
    return {slug: one.wrong for slug, one in said.items() if one}
