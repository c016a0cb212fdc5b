"""Troubles of a Redis that runs: it cannot save, has no room, or may forget what it was given."""

from __future__ import annotations

import re

from rabbitry.doctor.checks.redis_log import REDIS, last_words
from rabbitry.doctor.checks.service import down, service_of
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

MIB = 2**20
# Open files below which Redis and RabbitMQ refuse connections that a small stack makes.
FEW_FILES = 1024


@check("redis/server_down")
def server_down(stack: Stack, seen: Evidence) -> Found | None:
    """Redis belongs on this host and does not run, or not for long."""
    if not seen.fails(REDIS):
        return None
    return down(seen, REDIS, last_words(seen))


@check("redis/rdb_permission")
def rdb_permission(stack: Stack, seen: Evidence) -> Found | None:
    """The last save failed, or a start did, and the directory of the data is not Redis' own."""
    settings = seen.answers("redis").get("settings", {})
    wrong = seen.drift(re.escape(settings.get("dir") or "/redis"), "directory", "tree")
    said = seen.said(REDIS, "for saving: Permission denied")
    if seen.fails(REDIS) and not said:
        said = last_words(seen, r"append-only dir .*: Permission denied|>>> 'dir .*|chdir.*Permission denied")
    return Found(wrong[0], (said,)) if wrong and said else None


@check("redis/misconf")
def misconf(stack: Stack, seen: Evidence) -> Found | None:
    """The last save failed, so that Redis takes no writes."""
    info = seen.answers("redis").get("info", {})
    for name, what in (("rdb_last_bgsave_status", "save"), ("aof_last_write_status", "append-only write")):
        if info.get(name, "ok") != "ok":
            said = seen.said(
                REDIS, "for saving:|Can't save in background|Error writing to the AOF|[Ss]hort write"
            )
            return Found(f"Redis takes no writes: its last {what} failed ({name}:{info[name]})", (said,))
    return None


@check("redis/overcommit")
def overcommit(stack: Stack, seen: Evidence) -> Found | None:
    """A save failed because the kernel did not promise the memory for a second process."""
    said = seen.said(REDIS, "Can't save in background: fork: Cannot allocate memory")
    failed = seen.answers("redis").get("info", {}).get("rdb_last_bgsave_status") == "err"
    setting = seen.section("system").get("overcommit", "")
    if not said or not failed or setting == "1":
        return None
    return Found(f"Redis cannot fork to save: vm.overcommit_memory is {setting or 'unknown'}, not 1", (said,))


@check("redis/out_of_memory")
def out_of_memory(stack: Stack, seen: Evidence) -> Found | None:
    """Redis uses more memory than it may, and refuses every write."""
    info = seen.answers("redis").get("info", {})
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if not most or used < most or info.get("maxmemory_policy") != "noeviction":
        return None
    return Found(
        f"Redis has no room: it uses {used / MIB:.1f} MiB, and maxmemory allows {most / MIB:.1f} MiB",
        (f"used_memory:{used}", f"maxmemory:{most}"),
    )


@check("redis/eviction")
def eviction(stack: Stack, seen: Evidence) -> Found | None:
    """Redis may throw away what it holds for somebody else."""
    answer = seen.answers("redis")
    policy = answer.get("settings", {}).get("maxmemory-policy", "noeviction")
    # Whoever declared another one wants it; smoke says what it may cost.
    if policy == "noeviction" or not seen.drift("", "settings"):
        return None
    info = answer["info"]
    return Found(
        f"Redis may throw results away: maxmemory-policy is `{policy}`, not `noeviction`",
        (f"evicted_keys:{info.get('evicted_keys', '?')}", f"maxmemory:{info.get('maxmemory', '?')}"),
    )


@check("redis/fd_limit")
def fd_limit(stack: Stack, seen: Evidence) -> Found | None:
    """Redis or RabbitMQ may have so few files open that it turns clients away."""
    for process in seen.processes:
        service = service_of(process)
        server = process["name"].startswith(("redis-server", "valkey-server", "beam"))
        if server and service in seen.services and 0 < process["files"] < FEW_FILES:
            said = seen.said(service, "maxclients has been reduced|Too many open files|emfile")
            return Found(
                f"{service} may have {process['files']} files open, of which every client takes one",
                (said,),
            )
    return None
