"""Troubles of Redis, the result backend."""

from __future__ import annotations

import re

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

REDIS = "redis-server"


@check("redis/rdb_permission")
def rdb_permission(stack: Stack, seen: Evidence) -> Found | None:
    """The last save failed, or a start did, and the directory of the data is not Redis' own."""
    settings = seen.answers("redis").get("settings", {})
    wrong = seen.drift(re.escape(settings.get("dir") or "/redis"), "directory", "tree")
    said = seen.said(REDIS, "for saving: Permission denied")
    if not wrong or not (said or seen.fails(REDIS)):
        return None
    return Found(wrong[0], (said,) if said else ())
