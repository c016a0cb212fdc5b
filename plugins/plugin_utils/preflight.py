"""Judges what the probe saw on a host against what the stack needs there: every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import numbers
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.needs import judge_memory, judge_space
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import (
    WantedPort,
    firewall_notes,
    judge_ports,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_broker import (
    judge_broker,
    judge_cookie,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_mac import (
    clear,
    is_mac,
    judge_account,
    layout_of,
    places,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_python import judge_python
from ansible_collections.rabbitry.stack.plugins.plugin_utils.trust import judge_trust

Seen = Mapping[str, Any]

DEBIAN = ("12", "13")
# Releases that are expected to work; the oldest of each.
NOT_YET_RUN = {"ubuntu": (22, 4), "rhel": (9,), "fedora": (40,), "macos": (14,)}
RHEL_FAMILY = ("centos", "rocky", "almalinux", "ol")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the stack needs of one host. `disk_limit` is the broker's free-space alarm in bytes,
    `processes` the Celery processes of all workers (0: one a processor), `home` the application's
    ("": the platform's own), `apps` how many there are, `celery` the sets and queue types that they use,
    `vendor_version` the vendor's RabbitMQ ("": the distribution's), `nodes` the brokers in containers,
    `rebuilds` whether the broker is built anew."""

    host: str
    env: str
    groups: tuple[str, ...]
    ports: tuple[WantedPort, ...] = ()
    home: str = ""
    apps: int = 1
    celery: tuple[tuple[str, str], ...] = ()
    vendor_version: str = ""
    rebuilds: bool = False
    disk_limit: int = 0
    processes: int = 0
    # Brokers in containers.
    nodes: int = 1
    # Erlang's, of several brokers; "" where any will do.
    cookie: str = ""


def judge(seen: Seen, wanted: Wanted) -> tuple[list[Fault], list[str]]:
    """All faults of a host, and notes that do not stop it."""
    judges: list[Callable[[Seen, Wanted], list[Fault]]] = [
        judge_privileges,
        judge_host_name,
        judge_strangers,
        judge_environment,
    ]
    faults, notes = judge_system(seen, wanted.host)
    faults += judge_python(seen, wanted.host)
    for each in judges:
        faults += each(seen, wanted)
    if "brokers" in wanted.groups:
        faults += judge_cookie(seen.get("cookie") or {}, wanted.cookie, wanted.host)
        faults += judge_broker(seen, wanted.host, wanted.celery, wanted.vendor_version, wanted.rebuilds)
    fresh = not seen["seal"]
    faults += judge_trust(seen, {port.number for port in wanted.ports}, wanted.host)
    faults += judge_ports(seen["listeners"], wanted.ports, wanted.host)
    home = wanted.home or layout_of(seen)["home"]
    faults += judge_space(
        seen["disks"], wanted.groups, home, wanted.disk_limit, fresh, wanted.host, places(seen), wanted.apps
    )
    faults += judge_memory(
        seen["memory"], wanted.groups, wanted.processes or seen["cpus"], fresh, wanted.host
    )
    return faults, notes + firewall_notes(seen["package_manager"], wanted.ports, wanted.host)


def judge_system(seen: Seen, host: str) -> tuple[list[Fault], list[str]]:
    """The operating system: run here, expected to work (a note), or refused."""
    system = seen["os"]
    name, version = system["id"], system["version"]
    if name == "debian" and version in DEBIAN:
        return [], []
    family = "rhel" if name in RHEL_FAMILY else name
    if family in NOT_YET_RUN and numbers(version) >= NOT_YET_RUN[family]:
        return [], [
            f"host {host} has {system['name']}, on which the stack is expected to work and was not yet run"
        ]
    message = (
        f"host {host} has {system['name'] or system['system']}, which is not supported: Debian 12 or 13, "
        "Ubuntu 22.04, RHEL 9, Fedora 40, macOS 14 or newer"
    )
    return [Fault(message, "sw_vers" if is_mac(seen) else "cat /etc/os-release")], []


def judge_privileges(seen: Seen, wanted: Wanted) -> list[Fault]:
    """The account must be root: packages, accounts and services are the machine's; on a Mac the user's."""
    if is_mac(seen):
        return judge_account(seen, wanted.host)
    if seen["uid"] == 0:
        return []
    message = f"on host {wanted.host} the tasks run as `{seen['user']}`, not as root"
    return [Fault(message, f"write `ansible_become: true` for {wanted.host}, or run as root: sudo ./inv up")]


def judge_host_name(seen: Seen, wanted: Wanted) -> list[Fault]:
    """The host's own name must resolve: Erlang and sudo ask for it. A laptop's changes with the network."""
    if not seen["resolve_error"] or is_mac(seen):
        return []
    name = seen["host_name"]
    message = f"the host name `{name}` of host {wanted.host} does not resolve there: {seen['resolve_error']}"
    return [Fault(message, f"echo '127.0.1.1 {name}' | sudo tee -a /etc/hosts")]


def judge_strangers(seen: Seen, wanted: Wanted) -> list[Fault]:
    """No RabbitMQ or Redis may be there that the stack would overwrite."""
    titles = {"rabbitmq": "RabbitMQ", "redis": "Redis"}
    faults = []
    for stranger in seen["strangers"]:
        server, package = stranger["server"], stranger["package"]
        message = (
            f"host {wanted.host} already has a {titles[server]} that this stack did not set up: "
            + "; ".join(stranger["evidence"])
        )
        # Nothing is deleted by a pasted hint: data and configuration are moved aside.
        aside = [f"sudo mv /{part}/{server} /{part}/{server}.before" for part in ("var/lib", "etc")]
        remove = "dnf remove" if seen["package_manager"] == "dnf" else "apt-get remove"
        hint = " && ".join([f"sudo {remove} {package}", *aside])
        faults.append(Fault(message, clear(seen, server, package) if is_mac(seen) else hint))
    return faults


def judge_environment(seen: Seen, wanted: Wanted) -> list[Fault]:
    """A host carries one environment's stack."""
    other = seen["env"]
    if not other or other == wanted.env:
        return []
    message = f"host {wanted.host} carries the stack of the environment `{other}`, this is `{wanted.env}`"
    return [Fault(message, f"./inv destroy --env {other}")]
