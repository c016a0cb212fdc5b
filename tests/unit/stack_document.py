"""A stack.json as the playbook `describe` writes it, for tests that need no running stack."""

from __future__ import annotations

from typing import Any

from rabbitry.model import Stack

SECRETS = {name: f"pw {name}@/:%" for name in ("app", "admin", "monitor", "redis", "flower")}


def document(
    amqp: int = 5672, management: int = 15672, redis: int = 6379, flower: int = 5555
) -> dict[str, Any]:
    """One local host with two workers that share the queue `math`; the ports are those of the endpoints."""
    services = ["rabbitmq-server", "redis-server", "stack-worker-default", "stack-worker-math", "stack-beat"]
    return {
        "schema": 1,
        "env": "local",
        "runs_on": "hosts",
        "endpoints": {
            "amqp": {"host": "127.0.0.1", "port": amqp, "on": "localhost", "vhost": "app"},
            "management": {"host": "127.0.0.1", "port": management, "on": "localhost"},
            "redis": {"host": "127.0.0.1", "port": redis, "on": "localhost", "db": 0},
            "flower": {"host": "127.0.0.1", "port": flower, "on": "localhost"},
        },
        "accounts": {name: {"username": name, "secret": name} for name in SECRETS},
        "exchange": "tasks",
        "queue_type": "quorum",
        "queues": ["default", "math"],
        "longest_task": 300,
        "app": {"module": "sample", "home": "/opt/rabbitry"},
        "workers": [
            {
                "name": name,
                "service": f"stack-worker-{name}",
                "host": "localhost",
                "queues": queues,
                "concurrency": 2,
            }
            for name, queues in (("default", ["default", "math"]), ("math", ["math"]))
        ],
        "beat": {"service": "stack-beat", "host": "localhost", "tick": 5},
        "hosts": [
            {
                "name": "localhost",
                "address": "localhost",
                "connection": "local",
                "supervisor": "systemd",
                "logs": "/var/log/rabbitry",
                "groups": ["brokers"],
                "services": [{"name": name, "description": name} for name in [*services, "stack-flower"]],
                "versions": {"celery": "5.7"},
            }
        ],
    }


def stack(**ports: int) -> Stack:
    """The document as the verbs see it."""
    return Stack.from_data(document(**ports))
