"""What of a cluster of brokers is missing: nodes that do not run, members of queues that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rabbitry.model import Stack


def absent(stack: Stack, nodes: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each broker of `stack` that the answer of /api/nodes does not have running."""
    running = {str(one["name"]) for one in nodes if one.get("running")}
    return [
        f"the node `{one.node}` on {one.amqp.on} is not running in the cluster"
        for one in stack.brokers
        if one.node not in running and len(stack.brokers) > 1
    ]


def short_of(queues: Iterable[Mapping[str, Any]], nodes: Sequence[str]) -> list[str]:
    """A sentence for each quorum queue, as /api/queues gives them, that lacks its leader or members.

    A queue is to be on three of `nodes`, or on all of fewer; a member counts while it is online.
    """
    found = []
    for queue in (one for one in queues if one.get("type") == "quorum"):
        label = f"the queue `{queue['name']}` on the virtual host `{queue['vhost']}`"
        members, online = list(queue.get("members") or []), list(queue.get("online") or [])
        if not queue.get("leader") or queue["leader"] not in online:
            found.append(f"{label} has no leader: {len(online)} of its {len(members)} members are online")
        elif down := sorted(set(members) - set(online)):
            found.append(f"{label} misses its member on `{down[0]}`")
        elif len(members) < min(3, len(nodes)):
            found.append(f"{label} has {len(members)} members, and there are {len(nodes)} nodes")
    return found
