"""Other addresses, ports, node name and directories; and data is never left behind."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.advice import hint
from tests.support.broker import Broker, get, send
from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.sockets import listening

Face = Callable[[str], HostService]
Converge = Callable[..., int]
Refused = Callable[..., str]


def keep(broker: Broker, body: bytes) -> None:
    """Leave a message in a durable queue."""
    with broker.channel("admin", "app") as channel:
        channel.queue_declare("kept", durable=True)
        send(channel, "kept", body)


def kept(broker: Broker) -> bytes | None:
    """Take the message that `keep` left."""
    broker.wait_ready("admin")
    with broker.channel("admin", "app") as channel:
        return get(channel, "kept")


def test_it_listens_there_and_nowhere_else(machine: Remote) -> None:
    here = {("127.0.0.2", 5673), ("127.0.0.2", 15673), ("127.0.0.1", 25673), ("127.0.0.1", 4369)}
    assert listening(machine) == here


def test_the_node_has_its_name_and_root_can_ask_it(machine: Remote) -> None:
    assert machine.run("rabbitmqctl --silent eval 'node().'").out.strip() == "hare@localhost"


def test_a_message_survives_a_restart(broker: Broker, service: Face) -> None:
    keep(broker, b"still here")
    service("rabbitmq-server").restart()
    assert kept(broker) == b"still here"


def test_its_log_is_in_its_directory(machine: Remote) -> None:
    assert "hare@localhost" in machine.run("cat /srv/broker/log/*.log").out
    assert machine.run("ls -A /var/log/rabbitmq").out == ""


def test_data_is_not_left_behind(
    machine: Remote, broker: Broker, refused: Refused, converge: Converge
) -> None:
    keep(broker, b"moved along")
    there = "/srv/other/data"
    said = refused(rabbitmq_data_dir=there)
    assert f"would start empty in `{there}`: `/srv/broker/data` has its data" in " ".join(said.split())
    assert broker.api("/api/overview", "admin").status == 200
    machine.run(hint(said), seconds=120)
    assert converge(rabbitmq_data_dir=there) > 0
    assert kept(broker) == b"moved along"
    assert converge(rabbitmq_data_dir=there) == 0
    keep(broker, b"and back")
    machine.run(hint(refused()), seconds=120)
    assert converge() > 0
    assert kept(broker) == b"and back"


def test_nor_under_another_node_name(
    machine: Remote, broker: Broker, refused: Refused, converge: Converge
) -> None:
    said = refused(rabbitmq_node_name="rabbit@localhost")
    assert "would start empty as `rabbit@localhost`" in " ".join(said.split())
    assert hint(said) == "rabbitmq_node_name: hare@localhost"
    assert broker.api("/api/overview", "admin").status == 200
    assert converge() == 0
