"""What users, virtual hosts and queues are held to, and a shovel: declared, enforced, put back."""

from __future__ import annotations

from collections.abc import Callable

import pika
import pytest

from tests.support.broker import Broker, get, send
from tests.support.wait import wait_until

Converge = Callable[..., int]


def test_a_user_publishes_only_by_its_routing_keys(broker: Broker) -> None:
    with broker.channel("shop", "orders") as channel:
        channel.basic_publish("shop.topics", "eu.order", b"ours")
    with (
        broker.channel("shop", "orders") as channel,
        pytest.raises(pika.exceptions.ChannelClosedByBroker) as failure,
    ):
        channel.basic_publish("shop.topics", "us.order", b"not ours")
    assert failure.value.reply_code == 403


def test_a_user_has_no_more_channels_than_declared(broker: Broker) -> None:
    with broker.connection("shop", "orders") as connection:
        for _ in range(3):
            connection.channel()
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as failure:
            connection.channel()
    assert failure.value.reply_code == 530


def test_a_vhost_has_no_more_queues_than_declared(broker: Broker) -> None:
    with (
        broker.connection("admin", "mails") as connection,
        pytest.raises(pika.exceptions.ChannelClosedByBroker) as failure,
    ):
        for number in range(3):
            # Gone with the connection: other tests want room too.
            connection.channel().queue_declare(f"limited.{number}", exclusive=True)
    assert "queue limit in vhost 'mails' (2) is reached" in failure.value.reply_text


def test_a_shovel_carries_and_an_operator_policy_caps(broker: Broker) -> None:
    with broker.channel("admin", "orders") as channel:
        for number in range(4):
            send(channel, "shop.in", f"order {number}".encode())
        state = wait_until(lambda: _carried(broker), 30, "the shovel has carried all, and two are left")
        assert state == (0, 2)
        assert [get(channel, "shop.out") for _ in range(2)] == [b"order 2", b"order 3"]


def _carried(broker: Broker) -> tuple[int, int]:
    left, there = (
        broker.queue("orders", name, "admin").get("messages", 0) for name in ("shop.in", "shop.out")
    )
    assert (left, there) == (0, 2), (left, there)
    return left, there


BY_HAND: dict[str, dict[str, object]] = {
    "/api/vhost-limits/mails/max-queues": {"value": 7},
    "/api/vhost-limits/plain/max-queues": {"value": 7},
    "/api/user-limits/shop/max-channels": {"value": 7},
    "/api/user-limits/shop/max-connections": {"value": 7},
    "/api/topic-permissions/orders/shop": {"exchange": "shop.topics", "write": ".*", "read": ".*"},
    "/api/operator-policies/orders/cap": {
        "pattern": "^shop",
        "definition": {"max-length": 7},
        "apply-to": "queues",
    },
}


def held_to(broker: Broker) -> list[object]:
    """Return everything that ``BY_HAND`` changes."""
    paths = ("vhost-limits", "user-limits/shop", "topic-permissions/orders/shop", "operator-policies/orders")
    found = [broker.api(f"/api/{path}", "admin").document for path in paths]
    return [[one for one in listed if one.get("value", True)] for listed in found]


def test_what_was_changed_by_hand_is_taken_back(broker: Broker, converge: Converge) -> None:
    before = held_to(broker)
    for path, body in BY_HAND.items():
        assert broker.api(path, "admin", method="PUT", body=body).status in (201, 204), path
    assert held_to(broker) != before
    assert converge() == 1
    assert held_to(broker) == before
    assert converge() == 0
