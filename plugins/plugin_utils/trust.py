"""Judges what on a host is in the wrong hands: signs of an intrusion, daemons started by hand as root."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault


def judge_trust(seen: Mapping[str, Any], ports: Collection[int], host: str) -> list[Fault]:
    """A fault for each sign and each daemon of root's, but those that hold one of our `ports`.

    These are named with the port.
    """
    holders = {one["pid"] for one in seen["listeners"] if one["port"] in ports}
    found = [*seen.get("suspicions", ()), *seen.get("by_hand", ())]
    return [
        Fault(f"host {host}: {one['message']}", one["hint"])
        for one in found
        if one.get("pid", 0) not in holders
    ]
