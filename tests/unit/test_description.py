"""What the playbooks write down is exactly what the verbs read: the one contract between the two."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import DECISIONS as WANTED
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import apps
from ansible_collections.rabbitry.stack.plugins.plugin_utils.description import stack_description

from rabbitry.model import ACCOUNTS, Stack
from tests.support.repository import ROOT

DECISIONS: dict[str, Any] = {
    "env": "local",
    "runs_on": "hosts",
    "broker_host": "127.0.0.1",
    "backend_host": "127.0.0.1",
    "flower_host": "127.0.0.1",
    "brokers": ["127.0.0.1"],
    "broker_nodes": ["rabbit@localhost"],
    "brokers_on": ["web1"],
    "broker_on": "web1",
    "backend_on": "web1",
    "flower_on": "web1",
    "amqp_port": 5672,
    "management_port": 15672,
    "redis_port": 6379,
    "sentinel_port": 26379,
    "master": "stack",
    "users": {account: f"user of {account}" for account in ACCOUNTS},
}
WORKER = {"name": "default", "queues": ["default", "math"], "concurrency": 2}
ONE: dict[str, Any] = {
    "module": "sample",
    "vhost": "a/b",
    "user": "app",
    "queues": ["default", "math"],
    "workers": [WORKER],
    "celery_set": "5.7",
    "queue_type": "quorum",
    "exchange": "tasks",
    "longest_task": 300,
    "beat": True,
    "flower": True,
    "flower_port": 5555,
}
GROUPS = ["backends", "brokers", "dashboard", "scheduler", "workers"]
HOST = {
    "name": "web1",
    "address": "10.0.0.1",
    "node": "10.0.0.1",
    "connection": "local",
    "supervisor": "systemd",
    "logs": "/l",
    "groups": GROUPS,
    "workers": {"app": [WORKER]},
    "nodes": [],
}


def described(hosts: list[dict[str, Any]], **changes: Any) -> Stack:
    """The stack of one application; `changes` are to it or to the decisions."""
    one = {**ONE, **{key: value for key, value in changes.items() if key in ONE}}
    decisions = {**DECISIONS, **{key: value for key, value in changes.items() if key in DECISIONS}}
    return Stack.from_data(stack_description(decisions, apps([], one, home="/opt/rabbitry"), hosts))


def test_the_description_is_what_the_verbs_read() -> None:
    stack = described([HOST])
    assert stack.app.path == "a%2Fb"
    assert [worker.service for worker in stack.app.workers] == ["stack-worker-default"]
    assert [service.name for service in stack.hosts[0].services] == [
        "rabbitry-epmd",
        "rabbitmq-server",
        "redis-server",
        "stack-worker-default",
        "stack-beat",
        "stack-flower",
    ]


def test_what_is_switched_off_is_not_described() -> None:
    stack = described([HOST], beat=False, flower=False)
    assert stack.app.beat is None and stack.app.flower is None
    assert not {"stack-beat", "stack-flower"} & {service.name for service in stack.hosts[0].services}


def test_a_host_has_the_services_of_its_groups_only() -> None:
    hosts = [
        HOST | {"name": "queue1", "groups": ["brokers"]},
        HOST | {"name": "work1", "groups": ["workers"]},
    ]
    stack = described(hosts)
    assert [worker.host for worker in stack.app.workers] == ["work1"]
    assert [service.name for service in stack.hosts[1].services] == ["stack-worker-default"]


def test_a_missing_decision_is_named() -> None:
    with pytest.raises(KeyError, match="amqp_port"):
        stack_description(
            {name: value for name, value in DECISIONS.items() if name != "amqp_port"}, [], [HOST]
        )


def test_the_wiring_gives_every_decision() -> None:
    wiring = yaml.safe_load((ROOT / "inventory/group_vars/all/wiring.yml").read_text(encoding="utf-8"))
    assert set(wiring["wiring_decisions"]) == set(DECISIONS)
    assert set(wiring["wiring_decisions"]["users"]) == set(wiring["wiring_server_secrets"]) == set(ACCOUNTS)
    assert set(wiring["wiring_host"]) == set(HOST)
    assert set(wiring["wiring_one"]) == set(WANTED)


def test_more_nodes_of_a_cluster_in_containers_are_services_too() -> None:
    stack = described([{**HOST, "supervisor": "compose", "nodes": ["rabbitmq-server-2"]}])
    names = [service.name for service in stack.hosts[0].services]
    assert names[:3] == ["rabbitmq-server", "rabbitmq-server-2", "redis-server"]


def test_each_application_has_services_of_its_own_name() -> None:
    found = apps([{"name": "shop"}, {"name": "blog", "flower": False}], ONE, home="/opt/rabbitry")
    workers = {one["label"]: one["workers"] for one in found}
    stack = Stack.from_data(stack_description(DECISIONS, found, [{**HOST, "workers": workers}]))
    assert [app.name for app in stack.apps] == ["shop", "blog"]
    assert stack.apps[0].services == ("stack-worker-shop-default", "stack-beat-shop", "stack-flower-shop")
    own = [service.name for service in stack.hosts[0].services[3:]]
    assert own == [*stack.apps[0].services, "stack-worker-blog-default", "stack-beat-blog"]
    assert [app.db for app in stack.apps] == [0, 1] and stack.apps[1].home == "/opt/rabbitry/apps/blog"


def test_the_tick_is_the_one_that_beat_sends() -> None:
    sent = (ROOT / "roles/celery_app/files/lib/rabbitry_beat.py").read_text(encoding="utf-8")
    found = re.search(r"^TICK = ([0-9.]+)$", sent, re.M)
    assert found and described([HOST]).app.beat is not None
    assert described([HOST]).app.beat.tick == float(found[1])  # type: ignore[union-attr]


def test_hosts_stand_in_one_order_however_they_come() -> None:
    groups = {
        "a": ["scheduler", "workers"],
        "b": ["workers"],
        "q": ["brokers"],
        "z": ["dashboard", "backends"],
    }
    hosts = [HOST | {"name": name, "groups": given} for name, given in groups.items()]
    for order in (hosts, hosts[::-1]):
        stack = described(order, broker_on="q", backend_on="z", flower_on="z")
        assert [host.name for host in stack.hosts] == ["q", "z", "a", "b"]
        assert [worker.host for worker in stack.app.workers] == ["a", "b"]


def test_a_mac_has_no_port_mapper_of_its_own() -> None:
    names = [one.name for one in described([{**HOST, "supervisor": "launchd"}]).hosts[0].services]
    assert "rabbitry-epmd" not in names and "rabbitmq-server" in names
    assert described([HOST]).hosts[0].services[0].name == "rabbitry-epmd"
