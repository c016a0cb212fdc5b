"""The set of plugins is exact: what is listed is on, with what it needs, and everything else is off."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.broker import Broker
from tests.support.remote import Remote
from tests.support.sockets import beyond_loopback, listening

Converge = Callable[..., int]
DECLARED = ["rabbitmq_management", "rabbitmq_prometheus"]
PROMETHEUS = 15692


def explicit(machine: Remote) -> list[str]:
    """Return the plugins that somebody turned on, without those that they need."""
    return sorted(machine.run("rabbitmq-plugins --silent list -E -m").out.split())


def running(machine: Remote, broker: Broker) -> set[str]:
    """Return all plugins that run, also those that others need, by the node's own word."""
    broker.wait_ready("admin")
    said = machine.run(["rabbitmqctl", "--silent", "eval", "rabbit_plugins:active()."]).out
    return set(re.findall(r"\w+", said))


def test_those_that_are_listed_are_on(machine: Remote, broker: Broker) -> None:
    assert explicit(machine) == DECLARED
    assert running(machine, broker) >= set(DECLARED)


def test_what_they_need_is_on_and_no_difference(machine: Remote, broker: Broker, converge: Converge) -> None:
    assert {"rabbitmq_management_agent", "rabbitmq_web_dispatch"} <= running(machine, broker)
    assert converge() == 0


def test_a_plugin_that_listens_does_so_on_loopback(machine: Remote) -> None:
    assert ("127.0.0.1", PROMETHEUS) in listening(machine)
    assert beyond_loopback(machine) == set()
    assert "rabbitmq_identity_info" in machine.script(
        "import json, urllib.request as u;"
        f"print(json.dumps(u.urlopen('http://127.0.0.1:{PROMETHEUS}/metrics').read().decode()))"
    )


def test_one_more_is_turned_on(machine: Remote, broker: Broker, converge: Converge) -> None:
    more = [*DECLARED, "rabbitmq_consistent_hash_exchange"]
    assert converge(rabbitmq_plugins=more) > 0
    assert explicit(machine) == sorted(more)
    assert running(machine, broker) >= set(more)


def test_those_no_longer_listed_are_turned_off(machine: Remote, broker: Broker, converge: Converge) -> None:
    assert converge(rabbitmq_plugins=["rabbitmq_management"]) > 0
    assert explicit(machine) == ["rabbitmq_management"]
    assert not running(machine, broker) & {"rabbitmq_prometheus", "rabbitmq_consistent_hash_exchange"}
    assert PROMETHEUS not in {port for _, port in listening(machine)}
    assert converge(rabbitmq_plugins=["rabbitmq_management"]) == 0


def test_one_turned_on_by_hand_is_turned_off(machine: Remote, broker: Broker, converge: Converge) -> None:
    assert converge() > 0
    machine.run("rabbitmq-plugins --silent enable rabbitmq_top")
    assert "rabbitmq_top" in running(machine, broker)
    assert converge() > 0
    assert explicit(machine) == DECLARED
    assert "rabbitmq_top" not in running(machine, broker)


def test_one_turned_off_by_hand_is_turned_on(machine: Remote, broker: Broker, converge: Converge) -> None:
    machine.run("rabbitmq-plugins --silent disable rabbitmq_prometheus")
    assert converge() > 0
    assert explicit(machine) == DECLARED
    assert running(machine, broker) >= set(DECLARED)
    assert converge() == 0


def test_one_that_is_not_there_is_refused_by_name(
    machine: Remote, broker: Broker, refused: Callable[..., str], converge: Converge
) -> None:
    said = refused(rabbitmq_plugins=[*DECLARED, "rabbitmq_managment"])
    named = "plugin `rabbitmq_managment` is declared and RabbitMQ has none of that name"
    assert named in " ".join(said.split())
    assert converge() > 0
    assert running(machine, broker) >= set(DECLARED)
