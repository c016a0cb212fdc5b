"""The resolved stack as one document: what smoke, status and doctor read instead of the inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import app_service

SCHEMA = 2
# A host stands where the first of its groups does: who is used comes before who uses it.
GROUPS = ("brokers", "backends", "workers", "scheduler", "dashboard")
# Supervisors under which the broker needs no other service.
ALONE = ("launchd", "compose")
TICK = 5  # seconds between the ticks that roles/celery_app/files/lib/rabbitry_beat.py has beat send

Data = dict[str, Any]


def stack_description(
    decisions: Mapping[str, Any], apps: Sequence[Mapping[str, Any]], hosts: Sequence[Mapping[str, Any]]
) -> Data:
    """Return the document that rabbitry/model.py reads, without any password.

    `decisions`: env, runs_on, broker_host, backend_host, flower_host (what the stack's processes connect to),
    broker_on, backend_on, flower_on (hosts), brokers, broker_nodes, brokers_on (address, node and host of
    each), amqp_port, management_port, redis_port, sentinel_port, master (what sentinels call it), users
    (mapping of account to user name). `apps`: as plugin_utils/apps.py completes them. `hosts`: name, address,
    node (where other hosts find it), connection, supervisor, logs (directory), groups, workers ({label of an
    application: that host's list}). Raises KeyError for a decision that is missing.
    """
    # Ansible gives the hosts in another order each time.
    hosts = sorted(hosts, key=lambda host: (rank(host["groups"]), host["name"]))

    def at(host: str, port: str, on: str) -> Data:
        return {"host": host, "port": decisions[f"{port}_port"], "on": on}

    def place(what: str, port: str) -> Data:
        return at(decisions[f"{what}_host"], port, decisions[f"{what}_on"])

    return {
        "schema": SCHEMA,
        "env": decisions["env"],
        "runs_on": decisions["runs_on"],
        "endpoints": {
            "amqp": place("broker", "amqp"),
            "management": place("broker", "management"),
            "redis": place("backend", "redis"),
        },
        "brokers": [
            {"node": node, "amqp": at(host, "amqp", on), "management": at(host, "management", on)}
            for node, host, on in zip(
                decisions["broker_nodes"], decisions["brokers"], decisions["brokers_on"], strict=True
            )
        ],
        "replication": replication(decisions, [host for host in hosts if "backends" in host["groups"]]),
        "accounts": {
            account: {"username": name, "secret": account} for account, name in decisions["users"].items()
        },
        "apps": [_app(app, decisions, hosts) for app in apps],
        "hosts": [
            {
                "name": host["name"],
                "address": host["address"],
                "connection": host["connection"],
                "supervisor": host["supervisor"],
                "logs": host["logs"],
                "groups": list(host["groups"]),
                "services": services(host, apps, sum("backends" in one["groups"] for one in hosts) > 1),
            }
            for host in hosts
        ],
    }


def _app(app: Mapping[str, Any], decisions: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> Data:
    """One application, with where its workers, its beat and its Flower run."""
    flower = {
        "host": decisions["flower_host"],
        "port": int(app["flower_port"]),
        "on": decisions["flower_on"],
        "service": app_service(app, "flower"),
    }
    return {
        "name": app["label"],
        "module": app["module"],
        "home": app["home"],
        "celery": app["celery_set"],
        "vhost": app["vhost"],
        "account": {"username": app["user"], "secret": app["secret"]},
        "db": int(app["db"]),
        "exchange": app["exchange"],
        "queue_type": app["queue_type"],
        "queues": list(app["queues"]),
        "longest_task": int(app["longest_task"]),
        "workers": [
            {
                "name": worker["name"],
                "service": app_service(app, "worker", worker["name"]),
                "host": host["name"],
                "queues": list(worker["queues"]),
                "concurrency": int(worker.get("concurrency") or 0),
            }
            for host in hosts
            if "workers" in host["groups"]
            for worker in host["workers"][app["label"]]
        ],
        "beat": _beat(app, [host["name"] for host in hosts if "scheduler" in host["groups"]]),
        "flower": flower if app["flower"] else None,
    }


def _beat(app: Mapping[str, Any], hosts: Sequence[str]) -> Data | None:
    """The scheduler; of several hosts one is active, whichever holds the lock."""
    if not hosts or not app["beat"]:
        return None
    service = app_service(app, "beat")
    return {"service": service, "host": hosts[0], "others": list(hosts[1:]), "tick": TICK}


def replication(decisions: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> Data | None:
    """Where several Redis and their sentinels listen; None for a single one."""
    if len(hosts) < 2:
        return None

    def places(port: str) -> list[Data]:
        return [{"host": host["node"], "port": decisions[port], "on": host["name"]} for host in hosts]

    return {
        "master": decisions["master"],
        "nodes": places("redis_port"),
        "sentinels": places("sentinel_port"),
    }


def rank(groups: Sequence[str]) -> int:
    """The place of a host with these groups among others."""
    return min((GROUPS.index(group) for group in groups if group in GROUPS), default=len(GROUPS))


def services(
    host: Mapping[str, Any], apps: Sequence[Mapping[str, Any]], replicated: bool = False
) -> list[dict[str, str]]:
    """What runs on one host, in the order in which it starts: {"name", "description"} each."""
    table = [
        # On a Mac and in a container the broker brings its own.
        ("brokers", "rabbitry-epmd", "Erlang port mapper for RabbitMQ", host["supervisor"] not in ALONE),
        ("brokers", "rabbitmq-server", "RabbitMQ message broker", True),
        *(("brokers", name, "RabbitMQ, a node more of its cluster", True) for name in host.get("nodes", ())),
        ("backends", "redis-server", "Redis, the result backend", True),
        ("backends", "redis-sentinel", "Redis Sentinel", replicated),
    ]
    for app in apps:
        of = f" of {app['name']}" if app["name"] else ""
        table += [
            (
                "workers",
                app_service(app, "worker", worker["name"]),
                f"Celery worker{of} for {', '.join(worker['queues'])}",
                True,
            )
            for worker in host["workers"][app["label"]]
        ]
        table += [
            ("scheduler", app_service(app, "beat"), f"Celery beat{of}", app["beat"]),
            ("dashboard", app_service(app, "flower"), f"Flower dashboard{of}", app["flower"]),
        ]
    return [
        {"name": name, "description": description}
        for group, name, description, wanted in table
        if wanted and group in host["groups"]
    ]
