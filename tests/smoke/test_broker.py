"""What RabbitMQ promises."""

from __future__ import annotations

import uuid

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from rabbitry.cause import blaming
from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.membership import absent, short_of
from rabbitry.model import Stack
from rabbitry.promise import Broken


@pytest.mark.promise(shared=True)
def test_the_broker_raises_no_alarm(clients: Clients, stack: Stack) -> None:
    with blaming("rabbitmq-server", stack.where(stack.endpoints.management)):
        clients.check_alarms()


@pytest.mark.promise(needs=("amqp", "publishing"))
def test_a_message_is_published_with_a_confirm_consumed_and_acknowledged(clients: Clients) -> None:
    connection = clients.amqp()
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        name = f"rabbitry.smoke.{uuid.uuid4().hex}"
        channel.queue_declare(name, exclusive=True)
        # In confirm mode an unroutable or refused message raises.
        channel.basic_publish("", name, b"hello", pika.BasicProperties(delivery_mode=2), mandatory=True)
        method, _, body = next(channel.consume(name, inactivity_timeout=3))
        assert body == b"hello", "the message that was published did not come back"
        channel.basic_ack(method.delivery_tag)
        channel.cancel()
        left = channel.queue_declare(name, passive=True).method.message_count
        assert left == 0, f"{left} messages are left after the acknowledgement"
    finally:
        connection.close()


@pytest.mark.promise(needs=("amqp", "publishing"))
def test_direct_fanout_and_topic_exchanges_route_what_they_must_and_nothing_else(clients: Clients) -> None:
    connection = clients.amqp()
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        wrong = [
            f"the {kind} exchange sends {key} to {got or 'nobody'} instead of {want or 'nobody'}"
            for kind, bindings, expected in (
                ("direct", {"a": "red", "b": "blue"}, {"red": "a", "blue": "b", "green": ""}),
                ("fanout", {"a": "red", "b": "blue"}, {"red": "ab", "green": "ab"}),
                (
                    "topic",
                    {"a": "*.red.*", "b": "shop.#"},
                    {"x.red.y": "a", "shop.red.big": "ab", "shop": "b", "red": "", "x.red": ""},
                ),
            )
            for key, got, want in _route(channel, kind, bindings, expected)
            if got != want
        ]
        assert not wrong, wrong[0]
    finally:
        connection.close()


def _route(
    channel: BlockingChannel, kind: str, bindings: dict[str, str], expected: dict[str, str]
) -> list[tuple[str, str, str]]:
    """Publish each key of `expected` once; (key, letters of the queues that got it, letters that must)."""
    exchange = f"rabbitry.smoke.{uuid.uuid4().hex}"
    channel.exchange_declare(exchange, kind, auto_delete=True)
    queues = {letter: channel.queue_declare("", exclusive=True).method.queue for letter in bindings}
    for letter, key in bindings.items():
        channel.queue_bind(queues[letter], exchange, key)
    for key in expected:
        channel.basic_publish(exchange, key, key.encode())
    arrived: dict[str, str] = dict.fromkeys(expected, "")
    for letter, queue in queues.items():
        while (found := channel.basic_get(queue, auto_ack=True))[0] is not None:
            arrived[found[2].decode()] += letter
        channel.queue_delete(queue)
    return [(key, arrived[key], want) for key, want in expected.items()]


@pytest.mark.promise(needs=("amqp",))
def test_a_wrong_password_and_the_guest_account_are_refused(clients: Clients, stack: Stack) -> None:
    user = stack.app.account.username
    for name, password in ((user, uuid.uuid4().hex), ("guest", "guest")):
        try:
            clients.amqp(name, password).close()
        except pika.exceptions.ProbableAuthenticationError:
            continue
        raise Broken(
            f"rabbitmq-server lets user `{name}` in with password `{password}`", service="rabbitmq-server"
        )


@pytest.mark.promise(needs=("management",), shared=True)
def test_the_monitoring_user_reads_the_management_api(clients: Clients, stack: Stack) -> None:
    with blaming("rabbitmq-server", stack.where(stack.endpoints.management)):
        overview = clients.management("overview")
    assert overview.get("rabbitmq_version"), "the management API does not name the broker's version"
    assert until(lambda: clients.management("nodes"), Deadline(2)), "the management API lists no node"


@pytest.mark.promise(needs=("management",), shared=True)
def test_every_node_runs_and_every_queue_has_its_members_and_a_leader(clients: Clients, stack: Stack) -> None:
    """Of a single broker too: a queue without a leader takes no message."""
    with blaming("rabbitmq-server", stack.where(stack.endpoints.management)):
        nodes = clients.management("nodes")
        queues = clients.management("queues?columns=name,vhost,type,members,online,leader")
    if wrong := [*absent(stack, nodes), *short_of(queues, [one.node for one in stack.brokers])]:
        raise Broken(wrong[0], service="rabbitmq-server", hint="./inv doctor")
