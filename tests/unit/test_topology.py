"""The declared topology is what kombu and Celery would declare themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import topology
from ansible_collections.rabbitry.stack.plugins.plugin_utils.topology import celery_topology
from celery.events.event import event_exchange
from kombu import Exchange, Queue
from kombu.transport import native_delayed_delivery as kombu_delay

QUEUES = ["default", "slow"]


class RecordingChannel:
    """Takes declarations like a channel and keeps them as RabbitMQ's definitions would show them."""

    def __init__(self) -> None:
        self.parts: dict[str, list[dict[str, Any]]] = {"exchanges": [], "queues": [], "bindings": []}

    def channel(self) -> RecordingChannel:
        return self

    def prepare_queue_arguments(self, arguments: dict[str, Any], **_: Any) -> dict[str, Any]:
        return arguments

    def exchange_declare(
        self, exchange: str, type: str, durable: bool, auto_delete: bool, **rest: Any
    ) -> None:
        entry = {"name": exchange, "type": type, "durable": durable, "auto_delete": auto_delete}
        self._add("exchanges", {**entry, "internal": False, "arguments": rest["arguments"] or {}})

    def queue_declare(
        self, queue: str, durable: bool, auto_delete: bool, **rest: Any
    ) -> tuple[str, int, int]:
        assert not rest["exclusive"]
        entry = {"name": queue, "durable": durable, "auto_delete": auto_delete}
        self._add("queues", {**entry, "arguments": rest["arguments"] or {}})
        return queue, 0, 0

    def queue_bind(self, queue: str, exchange: str, routing_key: str, **rest: Any) -> None:
        self._bind("queue", queue, exchange, routing_key, rest)

    def exchange_bind(self, destination: str, source: str, routing_key: str, **rest: Any) -> None:
        self._bind("exchange", destination, source, routing_key, rest)

    def _bind(self, kind: str, destination: str, source: str, key: str, rest: dict[str, Any]) -> None:
        entry = {"source": source, "destination": destination, "destination_type": kind, "routing_key": key}
        self._add("bindings", {**entry, "arguments": rest["arguments"] or {}})

    def _add(self, kind: str, entry: dict[str, Any]) -> None:
        entry["vhost"] = "app"
        if entry not in self.parts[kind]:
            self.parts[kind].append(entry)


def by_content(entries: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(entry.items())) for entry in entries)


def without_dead_letters(parts: dict[str, list[dict[str, Any]]], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in parts[kind] if "tasks.dead" not in (entry.get("name"), entry.get("source"))]


@pytest.mark.parametrize("kind", ["exchanges", "queues", "bindings"])
def test_quorum_queues_get_exactly_what_kombu_declares(kind: str) -> None:
    channel = RecordingChannel()
    kombu_delay.declare_native_delayed_delivery_exchanges_and_queues(channel, "quorum")
    for name in QUEUES:
        exchange = Exchange("tasks", type="topic")
        queue = Queue(name, exchange, routing_key=name, queue_arguments={"x-queue-type": "quorum"})
        queue.bind(channel).declare()
        kombu_delay.bind_queue_to_native_delayed_delivery_exchange(channel, queue)
    event_exchange(channel).declare()
    declared = celery_topology(QUEUES, "app", "tasks", "quorum")
    assert by_content(without_dead_letters(declared, kind)) == by_content(channel.parts[kind])


def test_a_delayed_message_finds_its_way_through_the_levels() -> None:
    """Follow a message by hand: it waits exactly its countdown and arrives at its queue."""
    declared = celery_topology(QUEUES, "app", "tasks")
    queues = {queue["name"]: queue["arguments"] for queue in declared["queues"]}
    key = kombu_delay.calculate_routing_key(1234567, "slow")
    exchange, waited, reached = "celery_delayed_27", 0, set[str]()
    for _ in range(100):
        found = [
            binding
            for binding in declared["bindings"]
            if binding["source"] == exchange and matches(binding["routing_key"], key)
        ]
        if exchange == "tasks":
            reached = {binding["destination"] for binding in found}
            break
        (step,) = found
        exchange = step["destination"]
        if step["destination_type"] == "queue":
            waited += queues[exchange]["x-message-ttl"]
            exchange = queues[exchange]["x-dead-letter-exchange"]
    assert (waited, reached) == (1234567 * 1000, {"slow"})


def matches(pattern: str, key: str) -> bool:
    words = [{"*": r"[^.]+", "#": r".*"}.get(word, re.escape(word)) for word in pattern.split(".")]
    return (
        re.fullmatch(r"\.".join(words).replace(r"\..*", r"(\..*)?").replace(r".*\.", r"(.*\.)?"), key)
        is not None
    )


def test_classic_queues_have_no_delay_levels_and_no_quorum_policy() -> None:
    declared = celery_topology(["only"], "app", "tasks", "classic")
    assert [queue["name"] for queue in declared["queues"]] == ["tasks.dead", "only"]
    assert {queue["arguments"]["x-queue-type"] for queue in declared["queues"]} == {"classic"}
    assert declared["policies"][0]["definition"] == {"dead-letter-exchange": "tasks.dead"}


def test_the_policy_covers_the_application_queues_and_nothing_else() -> None:
    declared = celery_topology(["a.b", "c+"], "app", "tasks")
    (policy,) = declared["policies"]
    covered = [
        name
        for name in ("a.b", "axb", "c+", "cc", "tasks.dead", "a.b2")
        if re.search(policy["pattern"], name)
    ]
    assert covered == ["a.b", "c+"]
    assert policy["definition"]["delivery-limit"] == topology.DELIVERY_LIMIT


@pytest.mark.parametrize(
    ("queues", "queue_type", "message"),
    [
        ([], "quorum", "without queues"),
        (["a", "a"], "quorum", "`a` is listed twice"),
        (["tasks.dead"], "quorum", "`tasks.dead` is reserved"),
        (["celery_delayed_3"], "quorum", "`celery_delayed_3` is reserved"),
        (["amq.x"], "quorum", "`amq.x` is reserved"),
        (["a"], "stream", "queue type `stream`"),
    ],
)
def test_what_would_break_the_topology_is_refused(queues: list[str], queue_type: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        celery_topology(queues, "app", "tasks", queue_type)
