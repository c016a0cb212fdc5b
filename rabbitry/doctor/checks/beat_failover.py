"""Troubles of beats on several hosts, of which one is to be active."""

from __future__ import annotations

from typing import Any

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

# Seconds: a takeover takes as long as the lock lives and a tick; later ones come every `tick`.
TAKEOVER = 8
LATE = 5


@check("beat/none_active")
def none_active(stack: Stack, seen: Evidence) -> Found | None:
    """No beat of several has ticked for longer than one of them needs to take over."""
    ticks = _ticks(stack, seen)
    beat = stack.app.beat
    if ticks is None or beat is None:
        return None
    age = seen.time - max((one["time"] for one in ticks), default=0.0)
    if age <= beat.tick + TAKEOVER + LATE:
        return None
    last = f"the last tick is {age:.0f} s old" if ticks else "there was never a tick"
    return Found(f"none of the beats on {' and '.join(beat.hosts)} is active: {last}", service=beat.service)


@check("beat/two_active")
def two_active(stack: Stack, seen: Evidence) -> Found | None:
    """Beats take turns: each ticks after the other did, which one that took over does not."""
    ticks = _ticks(stack, seen) or []
    beat = stack.app.beat
    recent = [one for one in ticks if beat and seen.time - one["time"] <= 4 * beat.tick]
    turns = [one["origin"] for one in sorted(recent, key=lambda one: float(one["time"]))]
    changes = [number for number in range(1, len(turns)) if turns[number] != turns[number - 1]]
    if beat is None or len(changes) < max(2, len(set(turns))):
        return None
    lines = tuple(f"{seen.time - one['time']:.0f} s ago: {one['origin']}" for one in recent)
    who = " and ".join(sorted(set(turns)))
    return Found(f"{len(set(turns))} beats send the schedule: {who}", lines, service=beat.service)


def _ticks(stack: Stack, seen: Evidence) -> list[dict[str, Any]] | None:
    """The last ticks, on the host of the master that has them first; None where they are not to be judged."""
    own = seen.section("redis").get("group", {}).get("nodes", {}).get(seen.host, {})
    if stack.app.beat is None or not stack.app.beat.others or own.get("role") != "master":
        return None
    return seen.answers("redis").get("ticks")
