"""Ansible's own facts about a system, from what the probe saw: gathering them would cost seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import LINUX

# Ansible's `distribution` by an os-release's ID, where it is more than its ID with a capital.
DISTRIBUTIONS = {
    "rhel": "RedHat",
    "centos": "CentOS",
    "almalinux": "AlmaLinux",
    "ol": "OracleLinux",
    "macos": "MacOSX",
}
# Facts that describe the host to the plays that follow.
KEPT = (
    "os",
    "layout",
    "python",
    "container",
    "supervisor",
    "package_manager",
    "cpus",
    "host_name",
    "packages",
    "ahead",
)
# What stands for an operating system where roles look up the paths of the official images.
CONTAINER = "Container"


def system_facts(system: Mapping[str, Any]) -> dict[str, str]:
    """{os_family, system, distribution, distribution_release, distribution_major_version}."""
    return {
        "os_family": family(system),
        "system": str(system["system"]),
        "distribution": DISTRIBUTIONS.get(system["id"], str(system["id"]).capitalize()),
        "distribution_release": str(system.get("codename", "")),
        "distribution_major_version": str(system.get("version", "")).partition(".")[0],
    }


def family(system: Mapping[str, Any]) -> str:
    """Ansible's `os_family` of a probed system: the roles choose their platform's variables by it."""
    if system["system"] == "Darwin":
        return "Darwin"
    related = {system["id"], *system["like"]}
    if "debian" in related:
        return "Debian"
    return "RedHat" if related & {"rhel", "fedora"} else str(system["id"])


def host_facts(
    seen: Mapping[str, Any], verdict: Mapping[str, Any], engine: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What later plays may use without gathering facts: some of Ansible's own, and `rabbitry`.

    With an `engine`, of a stack in containers, they tell of the containers, whatever the machine is.
    """
    system = {"os_family": CONTAINER, "system": "Linux"} if engine else {}
    here = {"layout": LINUX.facts(), "supervisor": "compose", "engine": engine} if engine else {}
    return {
        **system_facts(seen["os"]),
        **system,
        "rabbitry": {**{name: seen[name] for name in KEPT}, "sealed": seen["seal"] or {}, **here, **verdict},
    }
