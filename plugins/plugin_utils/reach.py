"""Whether the hosts of a stack can reach the servers on each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

SERVERS = {"brokers": "RabbitMQ", "backends": "Redis"}
CLIENTS = ("workers", "scheduler", "dashboard")


def is_loopback(address: str) -> bool:
    """Whether only the machine itself reaches what listens there."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def check_reach(bind: str, host: str, groups: Mapping[str, Sequence[str]]) -> list[Fault]:
    """A fault when `host` keeps a server for itself that other hosts need."""
    peers = [each for each in groups.get("brokers", ()) if each != host]
    if host in groups.get("brokers", ()) and peers and is_loopback(bind):
        message = f"`stack_bind` is `{bind}` on host {host}: {', '.join(peers)} cannot form a cluster with it"
        return [Fault(message, f"write `stack_bind: 0.0.0.0`, or a private address of {host}, for {host}")]
    served = [name for group, name in SERVERS.items() if host in groups.get(group, ())]
    others = dict.fromkeys(each for group in CLIENTS for each in groups.get(group, ()) if each != host)
    if not served or not others or not is_loopback(bind):
        return []
    out_of_reach = f"{', '.join(others)} cannot reach {' and '.join(served)} there"
    message = f"`stack_bind` is `{bind}` on host {host}: {out_of_reach}"
    return [Fault(message, f"write `stack_bind: 0.0.0.0`, or a private address of {host}, for {host}")]
