"""The exchanges, queues, bindings and policies that a Celery application needs on RabbitMQ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Definition = dict[str, Any]

QUEUE_TYPES = ("quorum", "classic")
DELAY_LEVELS = 28
DELIVERY_EXCHANGE = "celery_delayed_delivery"
DELIVERY_LIMIT = 20
# What workers send their events to, as kombu and Celery declare it; without it no monitor hears of a task.
EVENTS_EXCHANGE = "celeryev"


def celery_topology(
    queues: Sequence[str], vhost: str, exchange: str, queue_type: str = "quorum"
) -> dict[str, list[Definition]]:
    """Return ``{exchanges, queues, bindings, policies}`` for the application queues ``queues`` of one vhost.

    Each queue is bound to the topic exchange by its own name; rejected and endlessly redelivered messages
    go by policy to the queue ``<exchange>.dead``. Quorum queues also get kombu's native delayed delivery,
    declared here because a countdown published before the first worker started is lost otherwise; Celery
    does not use it with classic queues. Raises ValueError for an unknown queue type, a repeated or a
    reserved queue name.
    """
    dead = f"{exchange}.dead"
    _check(queues, queue_type, dead)
    topology = _Topology(vhost, queue_type)
    topology.exchange(EVENTS_EXCHANGE)
    topology.exchange(exchange)
    topology.exchange(dead, type="fanout")
    topology.queue(dead)
    topology.bind(dead, dead, "")
    if queue_type == "quorum":
        _delay_levels(topology)
    for name in queues:
        topology.queue(name)
        topology.bind(exchange, name, name)
        if queue_type == "quorum":
            topology.bind(DELIVERY_EXCHANGE, exchange, f"#.{name}", to="exchange")
            topology.bind(exchange, name, f"#.{name}")
    topology.policy(f"{exchange}-dead-letter", queues, _dead_letter(dead, queue_type))
    return topology.parts


class _Topology:
    """Collects definitions of one virtual host, with the defaults that AMQP clients declare by."""

    def __init__(self, vhost: str, queue_type: str) -> None:
        self.vhost = vhost
        self.queue_type = queue_type
        self.parts: dict[str, list[Definition]] = {
            "exchanges": [],
            "queues": [],
            "bindings": [],
            "policies": [],
        }

    def exchange(self, name: str, type: str = "topic") -> None:
        self.parts["exchanges"].append(
            {
                "vhost": self.vhost,
                "name": name,
                "type": type,
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
        )

    def queue(self, name: str, **arguments: Any) -> None:
        self.parts["queues"].append(
            {
                "vhost": self.vhost,
                "name": name,
                "durable": True,
                "auto_delete": False,
                "arguments": {"x-queue-type": self.queue_type, **arguments},
            }
        )

    def bind(self, source: str, destination: str, routing_key: str, to: str = "queue") -> None:
        self.parts["bindings"].append(
            {
                "vhost": self.vhost,
                "source": source,
                "destination": destination,
                "destination_type": to,
                "routing_key": routing_key,
                "arguments": {},
            }
        )

    def policy(self, name: str, queues: Sequence[str], definition: Definition) -> None:
        names = "|".join(re.escape(queue) for queue in sorted(queues))
        self.parts["policies"].append(
            {
                "vhost": self.vhost,
                "name": name,
                "pattern": f"^({names})$",
                "apply-to": "queues",
                "priority": 0,
                "definition": definition,
            }
        )


def _check(queues: Sequence[str], queue_type: str, dead: str) -> None:
    if queue_type not in QUEUE_TYPES:
        raise ValueError(f"queue type `{queue_type}` is not one of {', '.join(QUEUE_TYPES)}")
    if not queues:
        raise ValueError("a Celery application without queues has nothing to declare")
    for name in queues:
        if name == dead or re.fullmatch(r"celery_delayed_(delivery|\d+)", name) or name.startswith("amq."):
            raise ValueError(f"queue name `{name}` is reserved")
        if list(queues).count(name) > 1:
            raise ValueError(f"queue `{name}` is listed twice")


def _delay_levels(topology: _Topology) -> None:
    """Add kombu's native delayed delivery: level n holds a message for 2**n seconds (see kombu's
    transport/native_delayed_delivery.py; a unit test compares with what kombu itself declares)."""
    for level in range(DELAY_LEVELS - 1, -1, -1):
        name = f"celery_delayed_{level}"
        onward = f"celery_delayed_{level - 1}" if level else DELIVERY_EXCHANGE
        skipped = "*." * (DELAY_LEVELS - 1 - level)
        topology.exchange(name)
        topology.queue(
            name,
            **{
                "x-overflow": "reject-publish",
                "x-message-ttl": 2**level * 1000,
                "x-dead-letter-exchange": onward,
                "x-dead-letter-strategy": "at-least-once",
            },
        )
        topology.bind(name, name, f"{skipped}1.#")
        topology.bind(name, onward, f"{skipped}0.#", to="exchange")
    topology.exchange(DELIVERY_EXCHANGE)


def _dead_letter(dead: str, queue_type: str) -> Definition:
    if queue_type == "classic":
        return {"dead-letter-exchange": dead}
    # RabbitMQ 3.10 redelivers for ever unless told a limit; at-least-once needs reject-publish.
    return {
        "dead-letter-exchange": dead,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "delivery-limit": DELIVERY_LIMIT,
    }
