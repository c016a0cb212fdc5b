"""What belongs to an application that the inventory has no longer, or not on this host."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

# The ledgers of what belongs to an application, and the groups whose hosts have it.
PARTS = {
    "celery_app": ("workers", "scheduler", "dashboard"),
    "celery_worker": ("workers",),
    "celery_beat": ("scheduler",),
    "flower": ("dashboard",),
}


def departed(ours: Iterable[str], found: Iterable[Mapping[str, Any]], groups: Collection[str]) -> list[str]:
    """Those ledgers of the host that are of an application, or a part of one, which does not belong here.

    `ours` are the owners of its ledgers, `groups` those that it is in.
    """
    names = [app["name"] for app in found]
    here = {
        f"{role}-{name}" if name else role
        for role, parts in PARTS.items()
        for name in names
        if set(parts) & set(groups)
    }
    return sorted(one for one in ours if one.partition("-")[0] in PARTS and one not in here)
