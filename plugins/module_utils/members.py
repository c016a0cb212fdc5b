"""A node among the others of its cluster: leaves for a restart, comes back, takes its share of the queues."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.management import ManagementError, Unreachable

PAUSE = 0.5
# A cluster of two cannot lose a node without losing its quorum: there is nothing to wait for.
MAJORITY = 3
NODES = "/api/nodes?columns=name,running"
QUEUES = "/api/queues?columns=name,vhost,type,members,online,leader"

Queue = dict[str, Any]


class Members:
    """The nodes `nodes` as `broker` sees them; a quorum queue is on `size` of them."""

    def __init__(self, broker: Broker, nodes: Sequence[str], size: int) -> None:
        self.broker = broker
        self.nodes = list(nodes)
        self.size = size

    def leave(self, seconds: int) -> None:
        """Hand over what this node leads and its clients, once no queue needs it; BrokerError if one does."""
        if len(self.nodes) >= MAJORITY:
            wait = ("--timeout", str(seconds))
            self.broker.tool("rabbitmq-upgrade", "await_online_quorum_plus_one", *wait)
            self.broker.tool("rabbitmq-diagnostics", "check_if_node_is_quorum_critical")
        self.broker.tool("rabbitmq-upgrade", "drain")

    def gather(self, seconds: float) -> None:
        """Wait until every node runs in one cluster; BrokerError names those that do not."""

        def missing() -> list[str]:
            found = {str(one["name"]) for one in self.broker.get(NODES) if one.get("running")}
            return [name for name in self.nodes if name not in found]

        absent = self._until(missing, seconds)
        if absent:
            listed = ", ".join(f"`{name}`" for name in absent)
            message = f"the cluster lacks {listed} after {seconds:g} s"
            raise BrokerError(message, f"./inv logs rabbitmq-server   # on {absent[0].rpartition('@')[2]}")

    def complete(self, seconds: float) -> list[str]:
        """Give every quorum queue the members that it lacks; return what was added, a few words each."""
        added: list[str] = []

        def lacking() -> list[str]:
            left = []
            for queue, node in self.lacking():
                label = f"member {node} of queue {queue['name']}"
                try:
                    self._add(queue, node)
                    added.append(label)
                except BrokerError as error:
                    # A queue takes one change at a time, and none while it elects a leader.
                    left.append(f"{label} ({error})")
            return left

        left = self._until(lacking, seconds)
        if left:
            raise BrokerError(f"cannot add the {left[0]}", "rabbitmqctl cluster_status")
        return added

    def lacking(self) -> list[tuple[Queue, str]]:
        """Return (queue, node) for each member that a quorum queue is short of, emptiest nodes first."""
        queues = [one for one in self.broker.get(QUEUES) if one.get("type") == "quorum"]
        load = {name: sum(name in (one.get("members") or []) for one in queues) for name in self.nodes}
        found = []
        for queue in queues:
            members = list(queue.get("members") or [])
            spare = sorted((name for name in self.nodes if name not in members), key=lambda name: load[name])
            for node in spare[: max(0, self.size - len(members))]:
                load[node] += 1
                found.append((queue, node))
        return found

    def forget(self, node: str) -> list[str]:
        """Let the cluster and its queues live without `node`, which no longer runs; say what was done."""
        known = {str(one["name"]): bool(one.get("running")) for one in self.broker.get(NODES)}
        if known.get(node):
            raise BrokerError(f"the node `{node}` still runs", "./inv nodes")
        done = []
        if any(node in (queue.get("members") or []) for queue in self.broker.get(QUEUES)):
            self.broker.tool("rabbitmq-queues", "shrink", node)
            done.append(f"members on {node}")
        if node in known:
            self.broker.tool("rabbitmqctl", "forget_cluster_node", node)
            done.append(f"node {node}")
        return done

    def quit(self, node: str, seconds: int) -> None:
        """Let this node, called `node`, leave and stop for good; BrokerError if it is another cluster's."""
        strange = sorted({str(one["name"]) for one in self.broker.get(NODES)} - set(self.nodes))
        if strange:
            message = (
                f"the node `{node}` belongs to a cluster with `{strange[0]}`, which is not ours: it stays"
            )
            raise BrokerError(message, "rabbitmqctl cluster_status")
        self.leave(seconds)
        self.broker.tool("rabbitmqctl", "stop_app")

    def rebalance(self) -> None:
        """Spread the queues' leaders over the nodes."""
        self.broker.tool("rabbitmq-queues", "rebalance", "quorum")

    def _add(self, queue: Queue, node: str) -> None:
        words = ("add_member", "--vhost", queue["vhost"], queue["name"], node)
        place = "/".join(quote(str(queue[key]), safe="") for key in ("vhost", "name"))
        try:
            self.broker.api.request("POST", f"/api/queues/quorum/{place}/replicas/add", {"node": node})
        except ManagementError as error:
            # Before RabbitMQ 3.13 the API cannot.
            if error.status not in (404, 405):
                raise BrokerError(str(error)) from error
            self.broker.tool("rabbitmq-queues", *words)
        except Unreachable as error:
            raise BrokerError(str(error)) from error

    @staticmethod
    def _until(missing: Callable[[], list[str]], seconds: float) -> list[str]:
        """Ask until nothing is missing or the time is over; return what is."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                left = missing()
            except BrokerError as error:
                left = [str(error)]
            if not left or time.monotonic() >= deadline:
                return left
            time.sleep(PAUSE)
