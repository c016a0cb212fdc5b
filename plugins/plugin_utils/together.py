"""What a stack's hosts must have in common: the brokers' release, the time, names and ways between them."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.reach import CLIENTS
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import DISTRIBUTION_PORT, EPMD_PORT

Groups = Mapping[str, Sequence[str]]

# Seconds that the clocks of two hosts may be apart.
APART = 2.0
# Where the model's own number was refused.
AMQP_PORT, REDIS_PORT = 5672, 6379


def peers(
    host: str, groups: Groups, addresses: Mapping[str, str], stack: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return [{name, address, ports}]: what `host` must reach on others.

    `addresses` is by host, `stack` the model's values, of which a refused one is missing. Brokers reach each
    other, clients every broker and every backend.
    """
    wanted: dict[str, list[int]] = {}
    is_client = any(host in groups.get(group, ()) for group in CLIENTS)
    for other in groups.get("brokers", ()):
        if host in groups.get("brokers", ()):
            wanted.setdefault(other, []).extend((EPMD_PORT, DISTRIBUTION_PORT))
        if is_client:
            wanted.setdefault(other, []).append(int(stack.get("stack_amqp_port") or AMQP_PORT))
    for other in groups.get("backends", ()) if is_client else ():
        wanted.setdefault(other, []).append(int(stack.get("stack_redis_port") or REDIS_PORT))
    return [
        {"name": name, "address": addresses[name], "ports": sorted(set(numbers))}
        for name, numbers in sorted(wanted.items())
        if name != host and name in addresses
    ]


def judge_peers(seen: Sequence[Mapping[str, Any]], host: str) -> list[Fault]:
    """Faults of what `peers.look` found on `host`."""
    faults = []
    for peer in seen:
        name, address = peer["name"], peer["address"]
        if peer["error"]:
            message = f"host {host} cannot find `{address}`, host {name}: {peer['error']}"
            hint = f"getent hosts {address}   # on {host}; or give {name} a `stack_address` that it can find"
            faults.append(Fault(message, hint))
        for port, why in peer["closed"].items():
            message = f"host {host} does not get through to port {port} of {name} (`{address}`): {why}"
            faults.append(Fault(message, f"nc -vz {address} {port}   # on {host}; a firewall between them?"))
    return faults


def judge_brokers(brokers: Sequence[str], host: str) -> list[str]:
    """A note, said once, where one broker more or less would be the better number."""
    number = len(brokers)
    if number < 2 or number % 2 or host != brokers[0]:
        return []
    lost = (number - 1) // 2
    return [
        f"{number} brokers bear the loss of {lost or 'none'}, as {number - 1} do: "
        f"{number + 1} would bear {number // 2}"
    ]


def judge_clocks(offsets: Mapping[str, tuple[float, float]]) -> list[Fault]:
    """Faults of hosts whose clock is not the others'.

    `offsets` says by host between which two numbers of seconds it is ahead of the controller's.
    """
    if len(offsets) < 2:
        return []
    middle = statistics.median([sum(both) / 2 for both in offsets.values()])
    found = []
    for host, (least, most) in sorted(offsets.items()):
        late, early = middle - most, least - middle
        if max(late, early) > APART:
            side = "behind" if late > early else "ahead of"
            message = f"the clock of host {host} is {max(late, early):.0f} s {side} the others"
            found.append(Fault(message, f"timedatectl set-ntp true   # on {host}"))
    return found


def judge_releases(releases: Mapping[str, str]) -> list[Fault]:
    """A fault when brokers have, or would get, different releases; `releases` is by host, "" for unknown."""
    known = {host: release for host, release in releases.items() if release}
    if len({line(one) for one in known.values()}) < 2:
        return []
    listed = ", ".join(f"{release} on {host}" for host, release in sorted(known.items()))
    message = f"the brokers do not have one release of RabbitMQ: {listed}"
    return [Fault(message, "apt-get update   # on each of them; or `stack_rabbitmq_source: vendor`")]


def line(release: str) -> str:
    """What must be equal of a package's version: revisions of a packager may differ."""
    return release.partition(":")[2].partition("-")[0] if ":" in release else release.partition("-")[0]
