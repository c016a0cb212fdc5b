"""Where things are on a host, by what is known of it: the probe's facts, gathered ones, or this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import layout

# The group that macOS gives its users; gathered facts have only its number.
STAFF = {"20": "staff"}


def host_layout(facts: Mapping[str, Any], local: bool = False) -> dict[str, str]:
    """The layout of a host with these facts: {system, home, configuration, state, logs, user, prefix, …}.

    A host that nothing is known of yet is as this machine when it is `local`, else it has Linux.
    """
    probed = facts.get("rabbitry", {}).get("layout")
    if probed:
        return dict(probed)
    if facts.get("os_family") == "Darwin":
        number = str(facts.get("user_gid", ""))
        here = layout.darwin(
            layout.PREFIXES.get(str(facts.get("architecture")), layout.PREFIXES["arm64"]),
            str(facts.get("user_id", "")),
            STAFF.get(number, number),
            str(facts.get("user_dir", "")),
        )
        return here.facts()
    return (layout.HERE if local and not facts.get("os_family") else layout.LINUX).facts()
