"""What a run would do to a broker's objects, one entry each, for people and programs to read; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import definitions, masking
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import Fields
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import Change


def plan(
    changes: Iterable[Change],
    gone: Iterable[Change],
    kept: Iterable[str],
    undeclared: Iterable[str],
    login: tuple[str, str, str],
) -> list[dict[str, Any]]:
    """Return ``{action, what, before, after, message, hint}`` for each object; secrets are masked.

    ``action`` is add, change, remove, keep (was to be removed, and has messages or clients), leave (nobody
    declared it) or refuse (the broker cannot change it; ``message`` and ``hint`` name the choices). ``login``
    is the API's url, its user and the broker's version.
    """
    url, user, version = login
    changes = list(changes)
    refused = definitions.conflicts(changes, version)
    entries = [_refusal(one, *definitions.conflict(one, url, user, version)) for one in refused]
    entries += [_entry(one) for one in changes if one not in refused]
    entries += [_entry(one) for one in gone]
    entries += [{"action": "keep", "what": one} for one in kept]
    entries += [{"action": "leave", "what": one} for one in undeclared]
    return [{"before": None, "after": None, "message": "", "hint": "", **one} for one in entries]


def _entry(change: Change) -> dict[str, Any]:
    action = "remove" if change.after is None else "change" if change.before is not None else "add"
    # Only what differs: a reader looks for it.
    before, after = (_masked(side) for side in (change.before, change.after))
    if before is not None and after is not None:
        differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        before, after = ({key: side.get(key) for key in differing} for side in (before, after))
    return {"action": action, "what": str(change), "before": before, "after": after}


def _refusal(change: Change, message: str, hint: str) -> dict[str, Any]:
    return {**_entry(change), "action": "refuse", "message": message, "hint": hint}


def _masked(facts: Fields | None) -> Fields | None:
    found: Fields | None = None if facts is None else masking.masked(facts, ())
    return found
