"""Troubles that only a Mac has: Homebrew under sudo, forks of Apple's frameworks, ports of macOS itself."""

from __future__ import annotations

from rabbitry.doctor.checks.host import strangers
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

UNSAFE = r"may have been in progress in another thread when fork\(\) was called"
# The names by which macOS shows AirPlay's receiver, and Android's bridge.
TENANTS = {"ControlCe": "AirPlay Receiver", "ControlCenter": "AirPlay Receiver", "adb": "Android's adb"}


@check("macos/brew_root_owned")
def brew_root_owned(stack: Stack, seen: Evidence) -> Found | None:
    """Something of Homebrew's belongs to root: its services were started with sudo."""
    found = seen.section("system").get("homebrew") or {}
    paths = [*found.get("daemons", ()), *found.get("root_owned", ())]
    if not paths:
        return None
    return Found(f"`{paths[0]}` belongs to root: `brew services` ran under sudo", tuple(paths[1:6]))


@check("macos/fork_safety")
def fork_safety(stack: Stack, seen: Evidence) -> Found | None:
    """Apple's runtime ends the children of a worker, since it forks while a framework is in use."""
    for worker in stack.app.workers:
        if said := seen.said(worker.service, UNSAFE):
            return Found(f"macOS ends the processes of {worker.service} as they fork", (said,))
    return None


@check("macos/port_conflict")
def port_conflict(stack: Stack, seen: Evidence) -> Found | None:
    """A program that comes with macOS, or with Android's tools, has a port of ours."""
    for service, one in strangers(stack, seen):
        if tenant := TENANTS.get(str(one["program"])):
            wrong = f"port {one['port']} of {service} is taken by {tenant} (`{one['program']}`)"
            return Found(wrong, (f"pid {one['pid']} of {one['user']}",), service=service)
    return None
