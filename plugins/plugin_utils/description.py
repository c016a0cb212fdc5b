"""The resolved stack as one document: what smoke, status and doctor read instead of the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA = 1
# A host stands where the first of its groups does: who is used comes before who uses it.
GROUPS = ("brokers", "backends", "workers", "scheduler", "dashboard")
# Supervisors under which the broker needs no other service.
ALONE = ("launchd", "compose")
TICK = 5  # seconds between the ticks that roles/celery_app/files/lib/rabbitry_beat.py has beat send

Data = dict[str, Any]


def stack_description(decisions: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> Data:
    """Return the document that rabbitry/model.py reads, without any password.

    `decisions`: env, runs_on, broker_host, backend_host, flower_host (what the stack's processes connect to),
    broker_on, backend_on, flower_on (hosts), amqp_port, management_port, redis_port, flower_port, flower
    (bool), beat (bool), vhost, users (mapping of account to user name), exchange, queue_type, queues,
    longest_task, module, home, versions. `hosts`: name, address, connection, supervisor, logs (directory),
    groups, workers (that host's list). Raises KeyError for a decision that is missing.
    """
    flower = decisions["flower"]
    # Ansible gives the hosts in another order each time.
    hosts = sorted(hosts, key=lambda host: (rank(host["groups"]), host["name"]))

    def place(what: str, port: str) -> Data:
        return {
            "host": decisions[f"{what}_host"],
            "port": decisions[f"{port}_port"],
            "on": decisions[f"{what}_on"],
        }

    return {
        "schema": SCHEMA,
        "env": decisions["env"],
        "runs_on": decisions["runs_on"],
        "endpoints": {
            "amqp": {**place("broker", "amqp"), "vhost": decisions["vhost"]},
            "management": place("broker", "management"),
            "redis": {**place("backend", "redis"), "db": 0},
            "flower": place("flower", "flower") if flower else None,
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
                "address": host["address"],
                "connection": host["connection"],
                "supervisor": host["supervisor"],
                "logs": host["logs"],
                "groups": list(host["groups"]),
                "services": services(host, beat=decisions["beat"], flower=flower),
                "versions": dict(decisions["versions"]),
            }
            for host in hosts
        ],
    }


def rank(groups: Sequence[str]) -> int:
    """The place of a host with these groups among others."""
    return min((GROUPS.index(group) for group in groups if group in GROUPS), default=len(GROUPS))


def services(host: Mapping[str, Any], *, beat: bool, flower: bool) -> list[dict[str, str]]:
    """What runs on one host, in the order in which it starts: {"name", "description"} each."""
    table = [
        # On a Mac and in a container the broker brings its own.
        ("brokers", "rabbitry-epmd", "Erlang port mapper for RabbitMQ", host["supervisor"] not in ALONE),
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
