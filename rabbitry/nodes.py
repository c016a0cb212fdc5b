"""The verb `nodes`: the brokers of a cluster, and how one of them leaves it for good or is replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rabbitry import ansible, report, secrets, tunnel
from rabbitry.clients import Clients
from rabbitry.describe import current
from rabbitry.endpoint import Broker
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.membership import short_of
from rabbitry.model import Stack
from rabbitry.page import Refused

# Queues that are named when something is wrong with many.
SHOWN = 3
QUEUES = "queues?columns=name,vhost,type,members,online,leader"
Answer = Sequence[Mapping[str, Any]]


def nodes(environment: Environment, *, remove: str = "", replace: str = "", yes: bool = False) -> int:
    """List the brokers; with a host, take its broker out (`remove`) or put a new one there (`replace`).

    Removing hands over what a running node leads and takes its copies away; replacing is for a node that is
    gone: the cluster forgets it, and the host is set up again. 1 when something is missing. StackError when
    nobody agrees, and when the cluster cannot do without the node.
    """
    stack = current(environment)
    if remove and replace:
        raise StackError("a node is removed or replaced, not both", f"./inv nodes{environment.option}")
    members, queues = ask(environment, stack)
    if not remove and not replace:
        return show(stack, members, queues)
    leaving = choose(stack, remove or replace, environment.option)
    running = {str(one["name"]) for one in members if one.get("running")}
    others = [one for one in stack.brokers if one is not leaving and one.node in running]
    refuse(leaving, others, running, queues, is_replaced=bool(replace), option=environment.option)
    host = leaving.amqp.on
    what = f"`{leaving.node}` on {host} leaves the cluster" + (
        ", and the host is set up anew" if replace else ""
    )
    if not yes and not report.confirm(f"{what}: go on?"):
        flag = "replace" if replace else "remove"
        raise StackError("nothing was changed", f"./inv nodes --{flag} {host} --yes{environment.option}")
    take_out(environment, leaving, others[0], is_running=leaving.node in running)
    if replace:
        from rabbitry.up import up

        up(environment, limit=host)
        return 0
    report.line(
        f"the cluster has {len(others)} nodes; take {host} out of the group `brokers` in "
        f"{environment.inventory}, then: ./inv up{environment.option}"
    )
    return 0


def take_out(environment: Environment, leaving: Broker, other: Broker, *, is_running: bool) -> None:
    """Let a running node leave by itself, and see to it that `other` counts on it no more."""
    extra = {"rabbitry_node": leaving.node, "rabbitry_host": leaving.amqp.on}
    with report.progress() as progress:
        if is_running:
            ansible.run("node_quit", environment, extra=extra, listen=progress.hear)
        survivor = {**extra, "rabbitry_survivor": other.amqp.on}
        ansible.run("node_forget", environment, extra=survivor, listen=progress.hear, all_or_none=False)
        if is_running:
            ansible.run("node_clear", environment, extra=extra, listen=progress.hear)


def ask(environment: Environment, stack: Stack) -> tuple[Answer, Answer]:
    """What the first broker that answers says of nodes and queues; StackError when none does."""
    with tunnel.ways(environment, stack) as ways:
        for broker in stack.brokers:
            clients = Clients(stack, secrets.read(environment), dict(ways))
            name = f"management/{broker.management.on}"
            place = broker.management.host, broker.management.port
            clients.ways = {**ways, "management": ways.get(name, ways.get("management", place))}
            try:
                return clients.management("nodes"), clients.management(QUEUES)
            except (OSError, Refused):
                continue
    raise StackError("no broker answers", f"./inv doctor{environment.option}")


def choose(stack: Stack, host: str, option: str) -> Broker:
    """The broker on a host; StackError names those that there are."""
    found = next((one for one in stack.brokers if host in (one.amqp.on, one.node)), None)
    if found is None:
        known = ", ".join(f"`{one.amqp.on}`" for one in stack.brokers)
        raise StackError(f"no broker on host `{host}`: there is {known}", f"./inv nodes{option}")
    return found


def refuse(
    leaving: Broker,
    others: Sequence[Broker],
    running: set[str],
    queues: Answer,
    *,
    is_replaced: bool,
    option: str,
) -> None:
    """StackError when the node must not go: nobody or no majority would be left, or it still runs."""
    if not others:
        raise StackError(f"`{leaving.node}` is the only node that runs", f"./inv nodes{option}")
    if is_replaced and leaving.node in running:
        raise StackError(
            f"`{leaving.node}` runs: there is nothing to replace",
            f"./inv nodes --remove {leaving.amqp.on}{option}",
        )
    for queue in (one for one in queues if one.get("type") == "quorum"):
        rest = set(queue.get("online") or []) - {leaving.node}
        if len(rest) * 2 <= len(set(queue.get("members") or []) - {leaving.node}):
            message = (
                f"the queue `{queue['name']}` would lose its majority: {len(rest)} members would be left"
            )
            raise StackError(message, f"./inv nodes{option}")


def show(stack: Stack, members: Answer, queues: Answer) -> int:
    """Print a line a broker, and what is missing."""
    running = {str(one["name"]) for one in members if one.get("running")}
    quorum = [one for one in queues if one.get("type") == "quorum"]
    rows = [
        (
            one.node,
            one.amqp.on,
            "running" if one.node in running else "not running",
            str(sum(one.node == queue.get("leader") for queue in quorum)),
            str(sum(one.node in (queue.get("online") or []) for queue in quorum)),
            str(sum(one.node in (queue.get("members") or []) for queue in quorum)),
        )
        for one in stack.brokers
    ]
    report.table(rows, ("node", "host", "state", "leads", "online", "members"))
    missing = short_of(queues, [one.node for one in stack.brokers])
    for sentence in missing[:SHOWN]:
        report.line(sentence)
    if len(missing) > SHOWN:
        report.line(f"and {len(missing) - SHOWN} queues more")
    strange = sorted({str(one["name"]) for one in members} - {one.node for one in stack.brokers})
    for name in strange:
        report.line(f"the cluster has the node `{name}`, which is not in the inventory")
    return int(bool(missing or strange) or any(one.node not in running for one in stack.brokers))
