"""Whether a broker may be stopped for good or moved to another release now; reads only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import Fields, describe
from ansible_collections.rabbitry.stack.plugins.module_utils.management import ManagementError

ALARMS = {"mem_alarm": "memory", "disk_free_alarm": "disk"}
CRITICAL = "/api/health/checks/node-is-quorum-critical"
QUEUES = "/api/queues?disable_stats=true&enable_queue_totals=true"
# The API's counts of messages are up to five seconds old: empty is what is so for longer than twice that.
QUIET = 11.0
PAUSE = 1.0
STATUS = "rabbitmq-diagnostics cluster_status"


def obstacles(broker: Broker, *, stops: bool = True) -> list[dict[str, str]]:
    """Return why the broker must be left alone now, ``{"message", "hint"}`` each; BrokerError.

    Alarms, partitions and missing nodes; and, when a single node ``stops``, queues that would lose their
    quorum by it. RabbitMQ counts the only node of a broker as no loss.
    """
    found = [fault for node in broker.get("/api/nodes") for fault in _of_node(node)]
    if stops and (why := _critical(broker)):
        message = f"stopping this node would take the quorum from queues: {why}"
        found.append({"message": message, "hint": "rabbitmq-queues check_if_node_is_quorum_critical"})
    return found


def _of_node(node: Fields) -> list[dict[str, str]]:
    name = node["name"]
    if not node.get("running"):
        return [{"message": f"the node `{name}` is not running", "hint": STATUS}]
    found = [
        {"message": f"the node `{name}` raises its {what} alarm: publishers are blocked", "hint": STATUS}
        for key, what in ALARMS.items()
        if node.get(key)
    ]
    if others := node.get("partitions"):
        listed = ", ".join(f"`{one}`" for one in others)
        found.append({"message": f"the node `{name}` is cut off from {listed}: a partition", "hint": STATUS})
    return found


def _critical(broker: Broker) -> str:
    """RabbitMQ's own sentence when this node is needed for a quorum, "" when it is not."""
    try:
        broker.api.request("GET", CRITICAL)
    except ManagementError as error:
        if error.status == 503:
            return error.reason
        raise BrokerError(f"RabbitMQ at {broker.api.url} does not say if it is needed: {error}") from error
    return ""


def held(queues: Iterable[Fields]) -> dict[str, int]:
    """Return how many messages queues hold that outlast their clients, by words for the queue."""
    return {
        describe("queues", (one["vhost"], one["name"])): one["messages"]
        for one in queues
        if one.get("messages") and one.get("durable") and not one.get("exclusive")
    }


def drained(
    broker: Broker,
    seconds: float,
    quiet: float = QUIET,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, int]:
    """Return what is left in the queues: nothing once they were empty for ``quiet`` seconds; BrokerError.

    What is there after ``seconds`` is returned; queues that were found empty in time are still watched.
    """
    deadline, since = clock() + seconds, None
    while True:
        left, now = held(_queues(broker)), clock()
        since = None if left else since if since is not None else now
        if since is not None and now - since >= quiet:
            return {}
        if now >= deadline + (quiet if since is not None else 0):
            return left
        pause(PAUSE)


def _queues(broker: Broker) -> list[Any]:
    found = broker.get(QUEUES)
    return found if isinstance(found, list) else []


def remaining(left: dict[str, int], leave: str) -> list[dict[str, str]]:
    """Return a fault for each queue that is not empty; ``leave`` is the command that leaves them so."""
    return [
        {"message": f"{count} {'message' if count == 1 else 'messages'} in {queue} remain", "hint": leave}
        for queue, count in left.items()
    ]
