"""What the playbooks write down is exactly what the verbs read: the one contract between the two."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.rabbitry.stack.plugins.plugin_utils.description import stack_description

from rabbitry.model import ACCOUNTS, Stack
from tests.support.repository import ROOT

DECISIONS: dict[str, Any] = {
    "env": "local",
    "runs_on": "hosts",
    "broker_host": "127.0.0.1",
    "backend_host": "127.0.0.1",
    "flower_host": "127.0.0.1",
    "broker_on": "web1",
    "backend_on": "web1",
    "flower_on": "web1",
    "amqp_port": 5672,
    "management_port": 15672,
    "redis_port": 6379,
    "flower_port": 5555,
    "flower": True,
    "beat": True,
    "vhost": "a/b",
    "users": {account: f"user of {account}" for account in ACCOUNTS},
    "exchange": "tasks",
    "queue_type": "quorum",
    "queues": ["default", "math"],
    "longest_task": 300,
    "module": "sample",
    "home": "/opt/rabbitry",
    "versions": {"celery": "5.7"},
}
GROUPS = ["backends", "brokers", "dashboard", "scheduler", "workers"]
WORKER = {"name": "default", "queues": ["default", "math"], "concurrency": 2}
HOST = {
    "name": "web1",
    "address": "10.0.0.1",
    "connection": "local",
    "supervisor": "systemd",
    "logs": "/l",
    "groups": GROUPS,
    "workers": [WORKER],
}


def described(hosts: list[dict[str, Any]], **changes: Any) -> Stack:
    return Stack.from_data(stack_description(DECISIONS | changes, hosts))


def test_the_description_is_what_the_verbs_read() -> None:
    stack = described([HOST])
    assert stack.endpoints.amqp.path == "a%2Fb"
    assert [worker.service for worker in stack.workers] == ["stack-worker-default"]
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
    assert stack.beat is None and stack.endpoints.flower is None
    assert not {"stack-beat", "stack-flower"} & {service.name for service in stack.hosts[0].services}


def test_a_host_has_the_services_of_its_groups_only() -> None:
    hosts = [
        HOST | {"name": "queue1", "groups": ["brokers"]},
        HOST | {"name": "work1", "groups": ["workers"]},
    ]
    stack = described(hosts)
    assert [worker.host for worker in stack.workers] == ["work1"]
    assert [service.name for service in stack.hosts[1].services] == ["stack-worker-default"]


def test_a_missing_decision_is_named() -> None:
    with pytest.raises(KeyError, match="vhost"):
        stack_description({name: value for name, value in DECISIONS.items() if name != "vhost"}, [HOST])


def test_the_wiring_gives_every_decision() -> None:
    wiring = yaml.safe_load((ROOT / "inventory/group_vars/all/wiring.yml").read_text(encoding="utf-8"))
    assert set(wiring["wiring_decisions"]) == set(DECISIONS)
    assert set(wiring["wiring_decisions"]["users"]) == set(wiring["wiring_own_secrets"]) == set(ACCOUNTS)
    assert set(wiring["wiring_host"]) == set(HOST)


def test_the_tick_is_the_one_that_beat_sends() -> None:
    sent = (ROOT / "roles/celery_app/files/lib/rabbitry_beat.py").read_text(encoding="utf-8")
    found = re.search(r'"schedule": ([0-9.]+)', sent)
    assert found and described([HOST]).beat is not None
    assert described([HOST]).beat.tick == float(found[1])  # type: ignore[union-attr]


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
        assert [worker.host for worker in stack.workers] == ["a", "b"]


def test_a_mac_has_no_port_mapper_of_its_own() -> None:
    names = [one.name for one in described([{**HOST, "supervisor": "launchd"}]).hosts[0].services]
    assert "rabbitry-epmd" not in names and "rabbitmq-server" in names
    assert described([HOST]).hosts[0].services[0].name == "rabbitry-epmd"
