"""The host gets another name, which resolves to nothing: the node keeps its name and its data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.broker import Broker, get, send
from tests.support.docker import docker, run
from tests.support.remote import Remote
from tests.support.service import HostService

Face = Callable[[str], HostService]
NEW = "renamed-host"


@pytest.fixture(scope="module", autouse=True)
def renamed(machine: Remote, broker: Broker) -> str:
    """Leave a message, rename the host, and return its old name."""
    with broker.channel("admin", "app") as channel:
        channel.queue_declare("kept", durable=True)
        for number in range(3):
            send(channel, "kept", b"%d" % number)
    old = machine.run("hostname").out.strip()
    machine.run(f"echo {NEW} > /etc/hostname")
    # A container may not rename itself without a capability that test hosts without systemd lack.
    listed = docker("ps", "-q", "--filter", f"publish={machine.vars['ansible_port']}").out.split()
    pid = docker("inspect", "--format", "{{.State.Pid}}", *listed).out.strip()
    run(["nsenter", "--target", pid, "--uts", "hostname", NEW], seconds=10)
    assert machine.run("hostname").out.strip() == NEW
    return old


def test_a_restart_works_and_finds_the_data(broker: Broker, service: Face) -> None:
    service("rabbitmq-server").restart()
    broker.wait_ready("admin")
    with broker.channel("admin", "app") as channel:
        assert [get(channel, "kept") for _ in range(4)] == [b"0", b"1", b"2", None]


def test_the_node_keeps_its_name(machine: Remote, broker: Broker) -> None:
    (node,) = broker.api("/api/nodes", "admin").document
    assert node["name"] == "rabbit@localhost"
    assert "rabbit@localhost" in machine.run("rabbitmqctl status").out


def test_the_next_run_changes_nothing(broker: Broker, converge: Callable[..., int]) -> None:
    assert converge() == 0
    assert broker.api("/api/overview", "admin").status == 200


def test_a_change_still_reaches_it(broker: Broker, converge: Callable[..., int]) -> None:
    assert converge(rabbitmq_consumer_timeout=3600) > 0
    broker.wait_ready("admin")
    assert broker.queue("app", "kept", "admin")["type"] == "quorum"
