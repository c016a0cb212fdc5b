"""The resolved stack as one document: what smoke, status and doctor read instead of the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA = 1
TICK = 5  # seconds between the ticks that roles/celery_app/files/lib/rabbitry_beat.py has beat send

Data = dict[str, Any]


def stack_description(decisions: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> Data:
    """Return the document that rabbitry/model.py reads, without any password.

    `decisions`: env, runs_on, broker_host, backend_host, flower_host, amqp_port, management_port, redis_port,
    flower_port, flower (bool), beat (bool), vhost, users (mapping of account to user name), exchange,
    queue_type, queues, longest_task, module, home, versions. `hosts`: name, connection, supervisor, groups,
    workers (that host's list). Raises KeyError for a decision that is missing.
    """
    broker, flower = decisions["broker_host"], decisions["flower"]
    return {
        "schema": SCHEMA,
        "env": decisions["env"],
        "runs_on": decisions["runs_on"],
        "endpoints": {
            "amqp": {"host": broker, "port": decisions["amqp_port"], "vhost": decisions["vhost"]},
            "management": {"host": broker, "port": decisions["management_port"]},
            "redis": {"host": decisions["backend_host"], "port": decisions["redis_port"], "db": 0},
            "flower": {"host": decisions["flower_host"], "port": decisions["flower_port"]}
            if flower
            else None,
        },
        "accounts": {
            account: {"username": name, "secret": account} for account, name in decisions["users"].items()
        },
        "exchange": decisions["exchange"],
        "queue_type": decisions["queue_type"],
        "queues": list(decisions["queues"]),
        "longest_task": decisions["longest_task"],
        "app": {"module": decisions["module"], "home": decisions["home"]},
        "workers": [
            {
                "name": worker["name"],
                "service": f"stack-worker-{worker['name']}",
                "host": host["name"],
                "queues": list(worker["queues"]),
                "concurrency": int(worker.get("concurrency") or 0),
            }
            for host in hosts
            if "workers" in host["groups"]
            for worker in host["workers"]
        ],
        "beat": next(
            (
                {"service": "stack-beat", "host": host["name"], "tick": TICK}
                for host in hosts
                if "scheduler" in host["groups"] and decisions["beat"]
            ),
            None,
        ),
        "hosts": [
            {
                "name": host["name"],
                "connection": host["connection"],
                "supervisor": host["supervisor"],
                "groups": list(host["groups"]),
                "services": services(host, beat=decisions["beat"], flower=flower),
                "versions": dict(decisions["versions"]),
            }
            for host in hosts
        ],
    }


def services(host: Mapping[str, Any], *, beat: bool, flower: bool) -> list[dict[str, str]]:
    """What runs on one host, in the order in which it starts: {"name", "description"} each."""
    table = [
        ("brokers", "rabbitry-epmd", "Erlang port mapper for RabbitMQ", True),
        ("brokers", "rabbitmq-server", "RabbitMQ message broker", True),
        ("backends", "redis-server", "Redis, the result backend", True),
        *(
            (
                "workers",
                f"stack-worker-{worker['name']}",
                f"Celery worker for {', '.join(worker['queues'])}",
                True,
            )
            for worker in host["workers"]
        ),
        ("scheduler", "stack-beat", "Celery beat", beat),
        ("dashboard", "stack-flower", "Flower dashboard", flower),
    ]
    return [
        {"name": name, "description": description}
        for group, name, description, wanted in table
        if wanted and group in host["groups"]
    ]
