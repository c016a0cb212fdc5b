"""Finds who holds a port that the stack needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

ANY = {"0.0.0.0", "::", "*", ""}
# Ours run under accounts of their own.
DAEMONS = ("beam.smp", "redis-server", "celery")
LOOPBACK_NAMES = {"localhost": "127.0.0.1"}
MAPPED = "::ffff:"


@dataclass(frozen=True, kw_only=True)
class WantedPort:
    """A port that a part of the stack will listen on, and the variable that decides it ("" for none)."""

    number: int
    bind: str
    purpose: str
    variable: str = ""
    # Programs that may hold it already because they are shared by all on the machine.
    shared_with: tuple[str, ...] = ()


def judge_ports(
    listeners: Iterable[Mapping[str, Any]], wanted: Iterable[WantedPort], host: str
) -> list[Fault]:
    """A fault for each wanted port and each process that holds it and is not ours."""
    listeners = list(listeners)
    faults: dict[tuple[int, Any], Fault] = {}
    for port in wanted:
        for listener in listeners:
            if listener["port"] != port.number or not overlap(listener["address"], port.bind):
                continue
            programs = {one["program"] for one in (listener, *listener["suspects"])}
            if listener["ours"] or programs & set(port.shared_with):
                continue
            faults.setdefault((port.number, listener["pid"]), held(listener, port, host))
    return list(faults.values())


def overlap(one: str, other: str) -> bool:
    """Whether two sockets at these addresses exclude each other on one port.

    A name (other than localhost) may stand for any address, so it overlaps with everything.
    """
    plain = [LOOPBACK_NAMES.get(address, address).removeprefix(MAPPED) for address in (one, other)]
    if ANY & set(plain):
        # Two families side by side are possible, but a wildcard of IPv6 usually takes IPv4 as well.
        return True
    named = any(not address.replace(".", "").isdigit() and ":" not in address for address in plain)
    return named or plain[0] == plain[1]


def firewall_notes(manager: str, wanted: Iterable[WantedPort], host: str) -> list[str]:
    """What a host with firewalld, where `manager` is dnf, does not let other hosts reach by itself."""
    outside = [port.number for port in wanted if port.number and not loopback(port.bind) and port.variable]
    if manager != "dnf" or not outside:
        return []
    listed = " ".join(f"--add-port={number}/tcp" for number in sorted(set(outside)))
    return [
        f"firewalld of host {host} is left as it is: where it runs, other hosts reach the stack only after "
        f"`sudo firewall-cmd --permanent {listed} && sudo firewall-cmd --reload`"
    ]


def loopback(address: str) -> bool:
    """Whether nobody outside the machine reaches the address."""
    return address in LOOPBACK_NAMES or address == "::1" or address.startswith("127.")


def held(listener: Mapping[str, Any], port: WantedPort, host: str) -> Fault:
    """The fault of one port and its holder, with the command that frees it."""
    if listener["pid"] is None:
        several = " or ".join(f"{one['program']} (pid {one['pid']})" for one in listener["suspects"])
        holder = f"a process of the account `{listener['user']}`" + (f", {several}," if several else "")
        command = f"sudo ss -ltnp 'sport = :{port.number}'"
    else:
        shown = listener["program"] or "a program without a name"
        holder = f"{shown} (pid {listener['pid']}{', unit ' + listener['unit'] if listener['unit'] else ''})"
        command = f"sudo kill {listener['pid']}"
        if listener["unit"]:
            command = f"sudo systemctl stop {listener['unit']}"
        if listener["program"] == "docker-proxy":
            command = f"docker stop $(docker ps -q --filter publish={port.number})"
    message = f"port {port.number} on host {host}, needed for {port.purpose}, is held by {holder}"
    message += f" at {listener['address']}"
    if listener["user"] == "root" and listener["program"] in DAEMONS and not listener["unit"]:
        shown = f" (`{listener['command']}`)" if listener.get("command") else ""
        message += f"; root started it by hand{shown}, and the files that it writes become root's"
        command += " && ./inv up"
    return Fault(
        message, f"{command}   # or give `{port.variable}` another number" if port.variable else command
    )
