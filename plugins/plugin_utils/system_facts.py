"""Ansible's own facts about a system, from what the probe saw: gathering them would cost seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Ansible's `distribution` by an os-release's ID, where it is more than its ID with a capital.
DISTRIBUTIONS = {
    "rhel": "RedHat",
    "centos": "CentOS",
    "almalinux": "AlmaLinux",
    "ol": "OracleLinux",
    "macos": "MacOSX",
}


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
