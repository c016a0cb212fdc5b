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
        "schema": 2,
        "env": "local",
        "runs_on": "hosts",
        "endpoints": {
            "amqp": {"host": "127.0.0.1", "port": amqp, "on": "localhost"},
            "management": {"host": "127.0.0.1", "port": management, "on": "localhost"},
            "redis": {"host": "127.0.0.1", "port": redis, "on": "localhost"},
        },
        "brokers": [
            {
                "node": "rabbit@localhost",
                "amqp": {"host": "127.0.0.1", "port": amqp, "on": "localhost"},
                "management": {"host": "127.0.0.1", "port": management, "on": "localhost"},
            }
        ],
        "replication": None,
        "accounts": {name: {"username": name, "secret": name} for name in SECRETS if name != "app"},
        "apps": [application(flower=flower)],
        "hosts": [
            {
                "name": "localhost",
                "address": "localhost",
                "connection": "local",
                "supervisor": "systemd",
                "logs": "/var/log/rabbitry",
                "groups": ["brokers"],
                "services": [{"name": name, "description": name} for name in [*services, "stack-flower"]],
            }
        ],
    }


def application(name: str = "app", flower: int = 5555, db: int = 0) -> dict[str, Any]:
    """An application; one with another name than `app` is one of several."""
    of = "" if name == "app" else f"-{name}"
    return {
        "name": name,
        "module": "sample",
        "home": "/opt/rabbitry",
        "celery": "5.7",
        "vhost": name,
        "account": {"username": name, "secret": name},
        "db": db,
        "exchange": "tasks",
        "queue_type": "quorum",
        "queues": ["default", "math"],
        "longest_task": 300,
        "workers": [
            {
                "name": worker,
                "service": f"stack-worker{of}-{worker}",
                "host": "localhost",
                "queues": queues,
                "concurrency": 2,
            }
            for worker, queues in (("default", ["default", "math"]), ("math", ["math"]))
        ],
        "beat": {"service": f"stack-beat{of}", "host": "localhost", "others": [], "tick": 5},
        "flower": {"host": "127.0.0.1", "port": flower, "on": "localhost", "service": f"stack-flower{of}"},
    }


def stack(**ports: int) -> Stack:
    """The document as the verbs see it."""
    return Stack.from_data(document(**ports))
