"""What preflight judges differently on a Mac: whose account, and what to do with servers that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import LINUX
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

Seen = Mapping[str, Any]

DATA = {"rabbitmq": "var/lib/rabbitmq", "redis": "var/db/redis"}
CONFIGURATION = {"rabbitmq": "etc/rabbitmq", "redis": "etc/redis.conf"}


def is_mac(seen: Seen) -> bool:
    """Whether the probe looked at a Mac."""
    return bool(seen["os"]["system"] == "Darwin")


def layout_of(seen: Seen) -> Mapping[str, str]:
    """Where things are on the host."""
    found: Mapping[str, str] = seen.get("layout") or LINUX.facts()
    return found


def places(seen: Seen) -> tuple[str, str]:
    """Where packages are unpacked, and below which data grows."""
    prefix = layout_of(seen)["prefix"]
    return (prefix, f"{prefix}/var") if prefix else ("/usr", "/var/lib")


def judge_account(seen: Seen, host: str) -> list[Fault]:
    """The account must be the user's own, to whom Homebrew belongs: brew refuses root."""
    if seen["uid"] != 0:
        return []
    message = f"on host {host} the tasks run as root, for whom Homebrew does not work"
    return [
        Fault(message, f"./inv up   # without sudo; a Mac behind ssh: `ansible_become: false` for {host}")
    ]


def clear(seen: Seen, server: str, package: str) -> str:
    """The command that stops a server of Homebrew's and moves its data and configuration aside."""
    prefix = layout_of(seen)["prefix"]
    aside = [f"{prefix}/{paths[server]}" for paths in (DATA, CONFIGURATION)]
    return " && ".join([f"brew services stop {package}", *(f"mv {path} {path}.before" for path in aside)])
