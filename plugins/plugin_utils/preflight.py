"""Judges what the probe saw on a host against what the stack needs there: every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import (
    expected_broker,
    incompatibility,
    numbers,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.needs import judge_memory, judge_space
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import WantedPort, judge_ports

Seen = Mapping[str, Any]

PYTHON = (3, 11)
DEBIAN = ("12", "13")
# Releases that are expected to work; the oldest of each.
NOT_YET_RUN = {"ubuntu": (22, 4), "rhel": (9,), "fedora": (40,), "macos": (13,)}
RHEL_FAMILY = ("centos", "rocky", "almalinux", "ol")
# A RabbitMQ of this series or later opens only data that its predecessor has upgraded.
NEEDS_UPGRADED_DATA, UPGRADED_BY = (4, 0), (3, 13)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the stack needs of one host. `disk_limit` is the broker's free-space alarm in bytes,
    `processes` the Celery processes of all workers (0: one a processor)."""

    host: str
    env: str
    groups: tuple[str, ...]
    ports: tuple[WantedPort, ...] = ()
    home: str = "/opt/rabbitry"
    celery_set: str = ""
    queue_type: str = ""
    disk_limit: int = 0
    processes: int = 0


def judge(seen: Seen, wanted: Wanted) -> tuple[list[Fault], list[str]]:
    """All faults of a host, and notes that do not stop it."""
    judges: list[Callable[[Seen, Wanted], list[Fault]]] = [
        judge_privileges,
        judge_python,
        judge_host_name,
        judge_strangers,
        judge_environment,
        judge_versions,
    ]
    faults, notes = judge_system(seen, wanted.host)
    for each in judges:
        faults += each(seen, wanted)
    fresh = not seen["seal"]
    faults += judge_ports(seen["listeners"], wanted.ports, wanted.host)
    faults += judge_space(seen["disks"], wanted.groups, wanted.home, wanted.disk_limit, fresh, wanted.host)
    faults += judge_memory(
        seen["memory"], wanted.groups, wanted.processes or seen["cpus"], fresh, wanted.host
    )
    return faults, notes


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
        "Ubuntu 22.04, RHEL 9, Fedora 40, macOS 13 or newer"
    )
    return [Fault(message, "cat /etc/os-release")], []


def judge_privileges(seen: Seen, wanted: Wanted) -> list[Fault]:
    """The account must be root: packages, accounts and services are the machine's."""
    if seen["uid"] == 0:
        return []
    message = f"on host {wanted.host} the tasks run as `{seen['user']}`, not as root"
    return [Fault(message, f"write `ansible_become: true` for {wanted.host}, or run as root: sudo ./inv up")]


def judge_python(seen: Seen, wanted: Wanted) -> list[Fault]:
    """The interpreter must be one that the target side is written for."""
    version, path = seen["python"]["version"], seen["python"]["executable"]
    if numbers(version) >= PYTHON:
        return []
    message = f"host {wanted.host} has Python {version} at {path}: 3.11 or newer is needed"
    install = (
        "sudo dnf install python3.11"
        if seen["package_manager"] == "dnf"
        else "sudo apt-get install python3.11"
    )
    return [
        Fault(
            message,
            f"{install}   # and write `ansible_python_interpreter: /usr/bin/python3.11` for {wanted.host}",
        )
    ]


def judge_host_name(seen: Seen, wanted: Wanted) -> list[Fault]:
    """The host's own name must resolve: Erlang and sudo ask for it."""
    if not seen["resolve_error"]:
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
        faults.append(Fault(message, " && ".join([f"sudo apt-get remove {package}", *aside])))
    return faults


def judge_environment(seen: Seen, wanted: Wanted) -> list[Fault]:
    """A host carries one environment's stack."""
    other = seen["env"]
    if not other or other == wanted.env:
        return []
    message = f"host {wanted.host} carries the stack of the environment `{other}`, this is `{wanted.env}`"
    return [Fault(message, f"./inv destroy --env {other}")]


def judge_versions(seen: Seen, wanted: Wanted) -> list[Fault]:
    """The broker that the host has or will get must fit the Celery set, and the data that is there."""
    if "brokers" not in wanted.groups:
        return []
    package = seen["packages"].get("rabbitmq-server", {})
    system = (seen["os"]["id"], seen["os"]["version"])
    version = expected_broker(package.get("installed", ""), package.get("candidate", ""), system)
    faults = []
    if wanted.celery_set and wanted.queue_type:
        fault = incompatibility(wanted.celery_set, wanted.queue_type, version)
        faults = [Fault(f"host {wanted.host}: {fault.message}", fault.hint)] if fault else []
    before = seen["recorded"].get("rabbitmq-server", "")
    skips = before and numbers(version) >= NEEDS_UPGRADED_DATA and numbers(before) < UPGRADED_BY
    if skips and seen["data"].get("rabbitmq"):
        message = (
            f"host {wanted.host} has data of RabbitMQ {before}, which RabbitMQ {version} cannot open: "
            "the way leads over 3.13"
        )
        aside = "sudo mv /var/lib/rabbitmq/mnesia /var/lib/rabbitmq/mnesia.before"
        hint = f"{aside}   # the broker starts empty, its messages stay in there"
        faults.append(Fault(message, hint))
    return faults
