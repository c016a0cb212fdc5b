"""Several virtual hosts and users: each may do what is declared, and a change reaches whom it concerns."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pika
import pytest

from tests.support.broker import Broker, get, send
from tests.support.remote import Remote
from tests.support.service import HostService

Face = Callable[[str], HostService]
Converge = Callable[..., int]
# RabbitMQ 3.10 tells and takes the type only when it makes the virtual host.
OLD = "3.10."


def users(machine: Remote, **passwords: str) -> list[dict[str, Any]]:
    """Return the declared users, some with another password."""
    found = copy.deepcopy(machine.vars["rabbitmq_users"])
    return [{**one, "password": passwords.get(one["name"], one["password"])} for one in found]


def version(broker: Broker) -> str:
    """Return the broker's version, such as `4.0.5`."""
    return str(broker.api("/api/overview", "admin").document["rabbitmq_version"])


def test_there_are_the_declared_ones_only(broker: Broker) -> None:
    names = {one["name"] for one in broker.api("/api/users", "admin").document}
    assert names == {"admin", "shop", "watcher"}
    vhosts = {one["name"] for one in broker.api("/api/vhosts", "admin").document}
    assert vhosts == {"orders", "mails", "plain"}


def test_a_user_may_declare_and_use_what_is_its_own(broker: Broker) -> None:
    with broker.channel("shop", "orders") as channel:
        channel.queue_declare("shop.new", durable=True)
        channel.exchange_declare("shop.events")
        channel.queue_bind("shop.new", "shop.events", "new")
        channel.basic_publish("shop.events", "new", b"order 1", mandatory=True)
        assert get(channel, "shop.new") == b"order 1"


def test_and_nothing_else(broker: Broker) -> None:
    with (
        broker.channel("shop", "orders") as channel,
        pytest.raises(pika.exceptions.ChannelClosedByBroker) as failure,
    ):
        channel.queue_declare("others", durable=True)
    assert failure.value.reply_code == 403


def test_a_user_without_permissions_in_a_vhost_stays_out(broker: Broker) -> None:
    assert "ProbableAccessDeniedError" in broker.refuses("shop", "plain")
    assert "ProbableAccessDeniedError" in broker.refuses("watcher", "mails")


def test_tags_open_the_management_api(broker: Broker) -> None:
    assert broker.api("/api/overview", "watcher").status == 200
    assert broker.api("/api/users", "watcher").status == 401
    assert broker.api("/api/overview", "shop").status == 401
    assert broker.api("/api/users", "admin").status == 200


@pytest.mark.parametrize(("vhost", "kind"), [("orders", "quorum"), ("mails", "classic")])
def test_a_queue_without_a_type_gets_that_of_its_vhost(broker: Broker, vhost: str, kind: str) -> None:
    with broker.channel("admin", vhost) as channel:
        channel.queue_declare("typeless", durable=True)
    assert broker.queue(vhost, "typeless", "admin")["type"] == kind


def test_a_rotated_password_converges_and_disturbs_nobody(
    broker: Broker, machine: Remote, service: Face, converge: Converge
) -> None:
    pid = service("rabbitmq-server").pid()
    with broker.channel("shop", "orders") as bystander:
        bystander.queue_declare("shop.kept", durable=True)
        send(bystander, "shop.kept", b"before")
        rotated = users(machine, watcher="second of watcher")
        assert converge(rabbitmq_users=rotated) > 0
        assert "ProbableAuthenticationError" in broker.refuses("watcher", "orders", "first of watcher")
        with broker.connection("watcher", "orders", "second of watcher"):
            assert broker.api("/api/overview", "watcher", "second of watcher").status == 200
        # The connection and channel from before.
        assert get(bystander, "shop.kept") == b"before"
        assert converge(rabbitmq_users=rotated) == 0
    assert service("rabbitmq-server").pid() == pid


def test_so_does_that_of_the_administrator(
    broker: Broker, machine: Remote, service: Face, converge: Converge
) -> None:
    pid = service("rabbitmq-server").pid()
    with broker.channel("shop", "orders") as bystander:
        rotated = users(machine, admin="second of admin", shop="second of shop")
        assert converge(rabbitmq_users=rotated) > 0
        assert broker.api("/api/users", "admin", "first of admin").status == 401
        assert broker.api("/api/users", "admin", "second of admin").status == 200
        bystander.queue_declare("shop.kept", durable=True)
        assert converge(rabbitmq_users=rotated) == 0
    assert service("rabbitmq-server").pid() == pid
    assert converge() > 0
    assert broker.api("/api/users", "admin").status == 200


def test_permissions_and_tags_changed_by_hand_are_taken_back(broker: Broker, converge: Converge) -> None:
    every = {"configure": ".*", "write": ".*", "read": ".*"}
    path = "/api/permissions/orders/shop"
    assert broker.api(path, "admin", method="PUT", body=every).status == 204
    rights = {"password": "by hand", "tags": "administrator"}
    assert broker.api("/api/users/shop", "admin", method="PUT", body=rights).status == 204
    assert converge() == 1
    assert broker.api(path, "admin").document["configure"] == "^shop\\."
    assert broker.api("/api/overview", "shop").status == 401
    with broker.connection("shop", "orders"):
        assert converge() == 0


def test_guest_goes_again(broker: Broker, converge: Converge) -> None:
    body = {"password": "guest", "tags": "administrator"}
    assert broker.api("/api/users/guest", "admin", method="PUT", body=body).status == 201
    assert converge() == 1
    assert broker.api("/api/overview", "guest", "guest").status == 401


def test_a_user_that_is_no_longer_listed_is_kept(broker: Broker, machine: Remote, converge: Converge) -> None:
    fewer = [one for one in users(machine) if one["name"] != "watcher"]
    assert converge(rabbitmq_users=fewer) == 1  # the document that a new node would load
    assert broker.api("/api/overview", "watcher").status == 200
    assert converge(rabbitmq_users=fewer) == 0
    assert converge() == 1


def test_another_default_queue_type(
    broker: Broker, machine: Remote, converge: Converge, refused: Callable[..., str]
) -> None:
    others = [{**one, "default_queue_type": "quorum"} for one in machine.vars["rabbitmq_vhosts"]]
    if version(broker).startswith(OLD):
        said = refused(rabbitmq_vhosts=others)
        assert "RabbitMQ 3.10" in said and "only when it creates it" in said
        return
    assert converge(rabbitmq_vhosts=others) > 0
    with broker.channel("admin", "mails") as channel:
        channel.queue_declare("typeless too", durable=True)
    assert broker.queue("mails", "typeless too", "admin")["type"] == "quorum"
    assert converge(rabbitmq_vhosts=others) == 0
