"""Whether a host has the disk space and the memory that its part of the stack needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

MIB = 2**20
# Roughly twice what Debian 13 took: packages unpacked below /usr, their archives and data below /var/lib.
PACKAGES = {"brokers": 250, "backends": 30, "workers": 20, "scheduler": 20, "dashboard": 20}
DATA = {"brokers": 150, "backends": 50, "workers": 20, "scheduler": 10, "dashboard": 10}
# Each group that runs a part of the application needs its virtual environment, once on a host.
APPLICATION = 300
APPLICATION_GROUPS = {"workers", "scheduler", "dashboard"}
# Resident memory of an idle part, rounded up; a worker has a parent and its processes.
MEMORY = {"brokers": 200, "backends": 32, "workers": 80, "scheduler": 64, "dashboard": 80}
PROCESS = 64


def judge_space(
    disks: Iterable[Mapping[str, Any]],
    groups: Iterable[str],
    home: str,
    disk_limit: int,
    fresh: bool,
    host: str,
    places: tuple[str, str] = ("/usr", "/var/lib"),
    apps: int = 1,
) -> list[Fault]:
    """Disks without room for the installation (on a fresh host), or below the broker's alarm.

    `disks` as the probe gives them; `disk_limit` in bytes; `places` are where packages are unpacked and below
    which data grows, `apps` is the number of applications. Paths on one device are added up.
    """
    groups = set(groups)
    unpacked, data = places
    needs = {
        unpacked: sum(PACKAGES.get(group, 0) for group in groups),
        data: sum(DATA.get(group, 0) for group in groups),
    }
    needs[home] = needs.get(home, 0) + (APPLICATION * apps if groups & APPLICATION_GROUPS else 0)
    devices: dict[Any, list[Mapping[str, Any]]] = {}
    for disk in disks:
        devices.setdefault(disk["device"], []).append(disk)
    faults = []
    for parts in devices.values():
        paths, free = [disk["path"] for disk in parts], parts[0]["free"]
        need = sum(needs.get(path, 0) for path in paths) * MIB if fresh else 0
        alarm = disk_limit if data in paths and "brokers" in groups else 0
        if free >= need + alarm:
            continue
        message = f"host {host} has {megabytes(free)} free for {', '.join(paths)}: "
        message += f"{megabytes(need + alarm)} are needed"
        if alarm:
            message += f", {megabytes(alarm)} of them by `stack_disk_free_limit`"
        faults.append(Fault(message, f"sudo du -xhd2 {paths[0]} | sort -h | tail"))
    return faults


def judge_memory(
    memory: Mapping[str, int], groups: Iterable[str], processes: int, fresh: bool, host: str
) -> list[Fault]:
    """Too little memory: available on a host that is not set up yet, in all on one whose stack runs."""
    need = sum(MEMORY.get(group, 0) for group in groups) * MIB
    need += processes * PROCESS * MIB if "workers" in groups else 0
    have, word = (memory["available"], "available") if fresh else (memory["total"], "in all")
    if have >= need:
        return []
    message = (
        f"host {host} has {megabytes(have)} of memory {word}: its part of the stack needs {megabytes(need)}"
    )
    return [Fault(message, "ps -eo rss,comm --sort=-rss | head")]


def megabytes(size: int) -> str:
    """Bytes for a message: whole mebibytes, rounded down."""
    return f"{size // MIB} MiB"
