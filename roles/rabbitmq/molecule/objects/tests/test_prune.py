"""What nobody declared: left alone, or deleted when asked, unless messages or clients are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.broker import Broker, get, send

Converge = Callable[..., int]

ANY = {"configure": ".*", "write": ".*", "read": ".*"}
POLICY = {"pattern": "^by hand", "definition": {"max-length": 5}, "apply-to": "queues"}
SHOVEL = {"src-protocol": "amqp091", "src-uri": "amqp:///orders", "src-queue": "shop.out"} | {
    "dest-protocol": "amqp091",
    "dest-uri": "amqp:///orders",
    "dest-queue": "by hand",
}
DURABLE = {"durable": True}
# Each is somebody's by hand, in an order in which it can be made.
BY_HAND = {
    "/api/vhosts/idle": {},
    "/api/permissions/idle/admin": ANY,
    "/api/users/somebody": {"password": "by hand", "tags": ""},
    "/api/permissions/orders/somebody": ANY,
    "/api/permissions/plain/shop": ANY,
    "/api/topic-permissions/orders/shop": {"exchange": "amq.topic", "write": "^x", "read": "^x"},
    "/api/exchanges/orders/by%20hand": {"type": "direct", **DURABLE},
    "/api/queues/orders/by%20hand": DURABLE | {"arguments": {"x-queue-type": "quorum"}},
    "/api/queues/orders/by%20hand%20too": DURABLE | {"arguments": {"x-queue-type": "classic"}},
    "/api/policies/orders/by%20hand": POLICY,
    "/api/operator-policies/orders/by%20hand": POLICY,
    "/api/parameters/shovel/orders/by%20hand": {"value": SHOVEL},
}
BOUND = "/api/bindings/orders/e/shop.topics/q/shop.in"
# A client's own: it comes and goes with it.
FLEETING = "/api/exchanges/orders/fleeting"


@pytest.fixture
def by_hand(broker: Broker) -> Iterator[None]:
    """Make everything by hand; delete what a test has left."""
    for path, body in BY_HAND.items():
        assert broker.api(path, "admin", method="PUT", body=body).status in (201, 204), path
    key = {"routing_key": "by hand", "arguments": {}}
    assert broker.api(BOUND, "admin", method="POST", body=key).status == 201
    assert (
        broker.api(FLEETING, "admin", method="PUT", body={"type": "direct", "durable": False}).status == 201
    )
    yield
    for path in [*reversed(BY_HAND), FLEETING]:
        broker.api(path, "admin", method="DELETE")


def left(broker: Broker) -> set[str]:
    """Return those of ``BY_HAND`` that are still there, and ``BOUND``."""
    found = {path for path in BY_HAND if broker.api(path, "admin").status == 200}
    topics = broker.api("/api/topic-permissions/orders/shop", "admin").document
    if "amq.topic" not in {one["exchange"] for one in topics}:
        found.discard("/api/topic-permissions/orders/shop")
    keys = {one["routing_key"] for one in broker.api(BOUND, "admin").document}
    return found | ({BOUND} if "by hand" in keys else set())


@pytest.mark.usefixtures("by_hand")
def test_it_is_left_alone(broker: Broker, converge: Converge) -> None:
    assert converge() == 0
    assert left(broker) == {*BY_HAND, BOUND}


@pytest.mark.usefixtures("by_hand")
def test_it_goes_when_that_is_asked_for(broker: Broker, converge: Converge) -> None:
    assert converge(rabbitmq_prune=True) == 1
    assert left(broker) == set()
    assert broker.api(FLEETING, "admin").status == 200
    # The declared one of the same user stays.
    (topic,) = broker.api("/api/topic-permissions/orders/shop", "admin").document
    assert (topic["exchange"], topic["write"]) == ("shop.topics", "^eu\\.")
    assert converge(rabbitmq_prune=True) == 0


@pytest.mark.usefixtures("by_hand")
def test_messages_and_consumers_are_not_lost(broker: Broker, converge: Converge) -> None:
    with broker.channel("admin", "orders") as channel, broker.connection("admin", "orders") as other:
        send(channel, "by hand", b"kept")
        other.channel().basic_consume("by hand too", lambda *_: None)
        converge(rabbitmq_prune=True)
        assert left(broker) >= {"/api/queues/orders/by%20hand", "/api/queues/orders/by%20hand%20too"}
        assert converge(rabbitmq_prune=True) == 0
        assert get(channel, "by hand") == b"kept"
    assert converge(rabbitmq_prune=True) == 1
    assert left(broker) == set()


@pytest.mark.usefixtures("by_hand")
def test_a_vhost_that_the_administrator_cannot_look_into_stays(broker: Broker, converge: Converge) -> None:
    assert broker.api("/api/permissions/idle/admin", "admin", method="DELETE").status == 204
    converge(rabbitmq_prune=True)
    assert left(broker) == {"/api/vhosts/idle"}
