"""Troubles that keep Redis from starting: its log ends with why."""

from __future__ import annotations

import re

from rabbitry.doctor.checks.redis_log import REDIS, last_words
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

READ_ONLY = "append-only dir .*: Read-only file system|>>> 'dir \"?/(?:home|root|run/user)/"
UNREADABLE = (
    "Can't handle RDB format|Short read or OOM loading DB|Bad file format reading the append only"
    "|Unexpected end of file reading the append only|Wrong signature trying to load"
    "|Error reading the RDB preamble"
)


@check("redis/configuration_invalid")
def configuration_invalid(stack: Stack, seen: Evidence) -> Found | None:
    """A line of redis.conf that Redis does not take."""
    said = last_words(seen, ">>> '(?!dir )")
    if not said:
        return None
    line = said.partition(">>> ")[2]
    return Found(f"Redis does not take the line {line} of its configuration", (said,))


@check("redis/file_owner")
def file_owner(stack: Stack, seen: Evidence) -> Found | None:
    """A file that Redis must read, or a log that it must write, belongs to somebody else."""
    said = last_words(
        seen, r"can't open (?:config|the .*) file .*: Permission denied|Can't open the log file"
    )
    if not said:
        return None
    wrong = seen.drift("redis", "file", "tree", "directory")
    return Found(wrong[0] if wrong else "Redis may not read a file that it needs to start", (said,))


@check("redis/bind_unavailable")
def bind_unavailable(stack: Stack, seen: Evidence) -> Found | None:
    """An address to listen on that the machine does not have."""
    said = last_words(seen, "bind: Cannot assign requested address")
    address = re.search(r"listening socket (\S+): bind", said)
    if not said or not address:
        return None
    return Found(f"Redis cannot listen on {address[1]}, an address that this machine does not have", (said,))


@check("redis/data_unreadable")
def data_unreadable(stack: Stack, seen: Evidence) -> Found | None:
    """Data that is damaged, or newer than the server."""
    said = last_words(seen, UNREADABLE)
    if not said:
        return None
    return Found(f"Redis cannot load its data: {said.partition(' # ')[2].partition(':')[0] or said}", (said,))


@check("redis/sandbox_dir")
def sandbox_dir(stack: Stack, seen: Evidence) -> Found | None:
    """A directory of data that the unit does not let Redis write."""
    said = last_words(seen, READ_ONLY)
    if not said and seen.runs(REDIS):
        failed = seen.answers("redis").get("info", {}).get("rdb_last_bgsave_status") == "err"
        said = seen.said(REDIS, "for saving: Read-only file system") if failed else ""
    if not said:
        return None
    wrong = "Redis' data is in a directory that its unit shows it as read-only"
    return Found(wrong if "Read-only" in said else "Redis' data is where its unit hides all from it", (said,))
