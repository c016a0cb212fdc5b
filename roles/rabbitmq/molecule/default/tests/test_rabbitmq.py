"""A broker that carries messages for those who may, refuses all others, and is on loopback only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.broker import Broker, get, send
from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.sockets import beyond_loopback, is_loopback, listening, listening_during

Face = Callable[[str], HostService]
AMQP, MANAGEMENT, DISTRIBUTION, EPMD = 5672, 15672, 25672, 4369
COMMANDS = set(range(35672, 35683))


def test_a_client_gets_what_another_sent(broker: Broker) -> None:
    with broker.channel("app", "app") as sender, broker.channel("app", "app") as receiver:
        sender.queue_declare("letters", durable=True)
        send(sender, "letters", "grüße".encode())
        assert get(receiver, "letters") == "grüße".encode()
        assert get(receiver, "letters") is None


def test_a_message_survives_a_restart(broker: Broker, service: Face) -> None:
    with broker.channel("app", "app") as channel:
        channel.queue_declare("kept", durable=True)
        send(channel, "kept", b"still here")
    service("rabbitmq-server").restart()
    broker.wait_ready("admin")
    with broker.channel("app", "app") as channel:
        assert get(channel, "kept") == b"still here"


@pytest.mark.parametrize("password", ["wrong", "", "the application's own "])
def test_another_password_is_refused(broker: Broker, password: str) -> None:
    assert "ProbableAuthenticationError" in broker.refuses("app", "app", password)


@pytest.mark.parametrize("vhost", ["/", "app"])
def test_guest_is_refused(broker: Broker, vhost: str) -> None:
    assert "ProbableAuthenticationError" in broker.refuses("guest", vhost, "guest")
    assert broker.api("/api/overview", "guest", "guest").status == 401


def test_there_is_no_virtual_host_that_nobody_declared(broker: Broker) -> None:
    assert [one["name"] for one in broker.api("/api/vhosts", "admin").document] == ["app"]
    assert "ProbableAccessDeniedError" in broker.refuses("app", "/")


def test_the_management_api_answers_the_administrator_only(broker: Broker) -> None:
    assert broker.api("/api/overview", "admin").status == 200
    assert broker.api("/api/overview", "app").status == 401
    assert broker.api("/api/overview", "admin", "wrong").status == 401
    assert broker.api("/api/overview", "").status == 401


def test_everything_listens_on_loopback_only(machine: Remote) -> None:
    assert {port for _, port in listening(machine)} >= {AMQP, MANAGEMENT, DISTRIBUTION, EPMD}
    assert beyond_loopback(machine) == set()


def test_what_the_node_starts_for_a_moment_listens_on_loopback_too(machine: Remote) -> None:
    resting = {port for _, port in listening(machine)}
    # What rabbit_epmd_monitor does once a minute: an Erlang of its own, soon gone, makes sure that epmd runs.
    often = "[rabbit_nodes_common:ensure_epmd() || _ <- lists:seq(1, 20)]."
    seen = listening_during(machine, "rabbitmqctl", "eval", often)
    assert {port for _, port in seen} - resting - COMMANDS
    assert {(address, port) for address, port in seen if not is_loopback(address)} == set()


def test_it_runs_as_its_own_account_and_comes_back_at_boot(machine: Remote, service: Face) -> None:
    face = service("rabbitmq-server")
    assert face.is_enabled()
    assert machine.run(["stat", "-c", "%U", f"/proc/{face.pid()}"]).out.strip() == "rabbitmq"


def test_root_can_ask_the_node_and_leaves_no_epmd_behind(machine: Remote) -> None:
    assert "rabbit@localhost" in machine.run("rabbitmqctl status").out
    assert machine.run("pgrep -c epmd").out.strip() == "1"
    assert beyond_loopback(machine) == set()
