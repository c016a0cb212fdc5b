"""Troubles of beat, the scheduler."""

from __future__ import annotations

from rabbitry.doctor.checks.service import HELD, down_by_itself, service_of
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack
from rabbitry.processes import is_beat

CANNOT_WRITE = (
    r"Removing corrupted schedule file|beat raised exception|cannot add item to database"
    r"|_destroy_open_corrupted_schedule|Permission denied: '.*/schedule"
)


@check("beat/schedule_file")
def schedule_file(stack: Stack, seen: Evidence) -> Found | None:
    """Beat cannot write the file that it keeps its last runs in."""
    service = _service(stack, seen)
    said = seen.said(service, CANNOT_WRITE)
    if not service or not seen.fails(service) or not said:
        return None
    wrong = seen.drift(r"/beat(?:/|$)", "directory", "tree", "file")
    return Found(wrong[0] if wrong else "the file of beat's last runs cannot be used", (said,))


@check("beat/double")
def double(stack: Stack, seen: Evidence) -> Found | None:
    """A second beat runs here, or one where none belongs."""
    if stack.app.beat is None:
        return None
    own = seen.services.get(stack.app.beat.service, {}).get("pid", 0)
    others = [
        one
        for one in seen.processes
        if is_beat(one["command"].split(), stack.app.module)
        and one["pid"] != own
        # Another application's may be of the same code.
        and service_of(one) not in seen.services
    ]
    if not others:
        return None
    first = others[0]
    where = f" in {first['unit']}" if first["unit"] else ""
    return Found(
        f"a beat runs besides {stack.app.beat.service}: process {first['pid']} of {first['user']}{where}",
        tuple(f"{one['pid']}: {one['command']}" for one in others[:3]),
    )


@check("beat/frozen")
def frozen(stack: Stack, seen: Evidence) -> Found | None:
    """Beat's process is stopped by a signal: it is there and does nothing."""
    service = _service(stack, seen)
    pid = seen.services.get(service, {}).get("pid", 0)
    if any(one["pid"] == pid and one["state"] in HELD for one in seen.processes):
        return Found(f"{service} (process {pid}) is stopped by a signal: it sends nothing")
    return None


@check("beat/down")
def down(stack: Stack, seen: Evidence) -> Found | None:
    """Beat does not run, and not because of a server that it waits for."""
    return down_by_itself(seen, _service(stack, seen))


def _service(stack: Stack, seen: Evidence) -> str:
    return stack.app.beat.service if stack.app.beat is not None and seen.host in stack.app.beat.hosts else ""
