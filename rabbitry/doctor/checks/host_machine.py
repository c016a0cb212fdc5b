"""Troubles of a machine that its services suffer from: disk, clock, SELinux."""

from __future__ import annotations

import re

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

MEBIBYTE = 1024 * 1024
# Less than both is full: small disks are meant to be small.
FREE, SHARE = 64 * MEBIBYTE, 0.05
DRIFT = re.compile(
    r"Substantial drift from (?P<who>\S+) may mean clocks are out of sync\.\s+"
    r"Current drift is\s+(?P<seconds>\d+) seconds\."
)
DENIED = re.compile(
    r'audit\((?P<time>[\d.]+):.*denied\s+\{ (?P<what>[^}]*) \}.*comm="(?P<program>[^"]+)"'
    r'(?:.*name="(?P<name>[^"]+)")?'
)
PROGRAMS = {
    "beam.smp": "rabbitmq-server",
    "epmd": "rabbitry-epmd",
    "redis-server": "redis-server",
    "valkey-server": "redis-server",
}


@check("host/disk_full")
def disk_full(stack: Stack, seen: Evidence) -> Found | None:
    """A disk that services write to has no room left."""
    for one in seen.section("system").get("disks", ()):
        if one["free"] < FREE and one["free"] < SHARE * one["total"]:
            free, total = (f"{one[key] / MEBIBYTE:.0f} MiB" for key in ("free", "total"))
            return Found(f"the disk of `{one['path']}` is full: {free} of {total} are free")
    return None


@check("host/clock_drift")
def clock_drift(stack: Stack, seen: Evidence) -> Found | None:
    """A worker here has heard times that are not its own; it says so once, until it is restarted."""
    for worker in stack.app.workers:
        for found in DRIFT.finditer("\n".join(seen.log(worker.service))):
            seconds = int(found["seconds"])
            hours = seconds % 3600 < 5 or seconds % 3600 > 3595
            guess = "a time zone that is set differently" if hours else "a clock that is wrong"
            wrong = f"the clocks of `{found['who']}` and {worker.service} differ by {seconds} s"
            return Found(wrong, (" ".join(found[0].split()), f"so much is {guess}"))
    return None


@check("host/selinux")
def selinux(stack: Stack, seen: Evidence) -> Found | None:
    """SELinux denied a service something since it was started, or before it could not start."""
    facts = seen.section("system").get("selinux", {})
    for line in reversed(facts.get("denials", ()) if facts.get("enforcing") else ()):
        found = DENIED.search(line)
        if not found:
            continue
        service = PROGRAMS.get(found["program"], "")
        known = [service] if service else [name for name in seen.services if name.startswith("stack-")]
        began = [seen.services[name]["since"] for name in known if seen.runs(name)]
        if len(began) < len(known) or any(float(found["time"]) > moment for moment in began):
            thing = f" on `{found['name']}`" if found["name"] else ""
            return Found(
                f"SELinux denies `{found['program']}` {found['what']}{thing}", (line,), service=service
            )
    return None
