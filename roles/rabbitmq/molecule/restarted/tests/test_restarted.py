"""The broker was stopped or killed between two runs: the next one brings it back with all that it held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.broker import Broker, get, send
from tests.support.remote import Remote
from tests.support.service import HostService

Face = Callable[[str], HostService]
Converge = Callable[..., int]


def definitions(broker: Broker) -> dict[str, Any]:
    """Return what the broker exports, without what tells of the moment."""
    broker.wait_ready("admin")
    exported = dict(broker.api("/api/definitions", "admin").document)
    return {
        kind: sorted(entries, key=str) if isinstance(entries, list) else entries
        for kind, entries in exported.items()
    }


@pytest.fixture
def before(broker: Broker) -> dict[str, Any]:
    """Leave messages in a quorum queue; return the definitions."""
    with broker.channel("admin", "app") as channel:
        channel.queue_declare("kept", durable=True)
        for number in range(100):
            send(channel, "kept", b"%d" % number)
    return definitions(broker)


def assert_all_there(broker: Broker, before: dict[str, Any]) -> None:
    """Compare the definitions, and take the messages."""
    assert definitions(broker) == before
    assert broker.queue("app", "kept", "admin")["type"] == "quorum"
    with broker.channel("admin", "app") as channel:
        assert [get(channel, "kept") for _ in range(101)] == [*(b"%d" % one for one in range(100)), None]


def test_stopped(broker: Broker, service: Face, converge: Converge, before: dict[str, Any]) -> None:
    service("rabbitmq-server").stop()
    assert not service("rabbitmq-server").is_running()
    assert converge() > 0
    assert_all_there(broker, before)
    assert converge() == 0


def test_killed(broker: Broker, service: Face, converge: Converge, before: dict[str, Any]) -> None:
    pid = service("rabbitmq-server").pid()
    service("rabbitmq-server").signal("KILL")
    converge()
    assert service("rabbitmq-server").pid() not in (0, pid)
    assert_all_there(broker, before)
    assert converge() == 0


def test_its_port_mapper_killed(
    broker: Broker, machine: Remote, service: Face, converge: Converge, before: dict[str, Any]
) -> None:
    service("rabbitry-epmd").signal("KILL")
    converge()
    assert service("rabbitry-epmd").is_running()
    assert_all_there(broker, before)
    service("rabbitmq-server").restart()
    broker.wait_ready("admin")
    assert "rabbit@localhost" in machine.run("rabbitmqctl status").out
    assert converge() == 0


def test_both_stopped(broker: Broker, service: Face, converge: Converge, before: dict[str, Any]) -> None:
    service("rabbitmq-server").stop()
    service("rabbitry-epmd").stop()
    assert converge() > 0
    assert_all_there(broker, before)
    assert converge() == 0
