"""Several brokers as one: what their nodes are called, and in which order a client tries them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

# The only broker of a stack: it is reached by nobody's Erlang, and a renamed host finds its data again.
ALONE = "rabbit@localhost"


def node_name(address: str, clustered: bool) -> str:
    """Return the name of the node at `address`, under which the other nodes find it."""
    return f"rabbit@{address}" if clustered else ALONE


def long_names(nodes: Sequence[str]) -> bool:
    """Whether Erlang must take the names as they are: a host with a dot, also in an address, is a long one.

    All nodes of a cluster speak the same way.
    """
    return any("." in name.rpartition("@")[2] for name in nodes)


def group_size(nodes: int, wanted: int = 0) -> int:
    """Return on how many nodes a quorum queue is: `wanted`, for 0 three, or five where there are five."""
    return min(nodes, wanted or (5 if nodes >= 5 else 3))


def own_first(hosts: Sequence[str], own: str, client: str) -> list[str]:
    """Return the brokers in the order in which `client` tries them: the one beside it (`own`) first.

    Clients elsewhere begin at different ones, each always at the same, so that connections are spread.
    """
    hosts = list(hosts)
    start = hosts.index(own) if own in hosts else zlib.crc32(client.encode()) % max(1, len(hosts))
    return hosts[start:] + hosts[:start]


def runs(listeners: Iterable[Mapping[str, Any]], host: str, brokers: Sequence[str]) -> bool:
    """Whether `host` is one of several brokers and its node runs, by what listens: they restart in turn."""
    several = host in brokers and len(brokers) > 1
    return several and any(one["ours"] and one["program"] == "beam.smp" for one in listeners)


def taken(only: str, hosts: Sequence[str], inventory: str) -> tuple[list[str], list[Fault]]:
    """The hosts that a run may change, those that `only` names with commas or all; faults for unknown."""
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    hint = f"ansible-inventory -i {inventory} --graph"
    faults = [Fault(f"there is no host `{name}`", hint) for name in wanted if name not in hosts]
    return wanted or list(hosts), faults
