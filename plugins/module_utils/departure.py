"""Undoes what some owners did on a host that goes on: parts of an application that is no longer declared."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT, Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.retirement import Retirement


def depart(retirement: Retirement) -> None:
    """Remove services, files, programs and empty directories; what files that are kept belong to stays.

    Raises SupervisorError and what retirement.ERRORS names.
    """
    known = retirement.inventory
    retirement.services(known.of("service"))
    for kind in ("file", "history", "link"):
        for entry in reversed(known.of(kind)):
            retirement.placed(entry)
    for kind in ("venv", "release"):
        for entry in known.of(kind):
            retirement.tree(entry, Path(str(entry.get("path") or entry["name"])))
    for entry in sorted(known.of("directory"), key=lambda one: str(one["name"]), reverse=True):
        retirement.directory(entry)


def forget(owners: Sequence[str], removed: Sequence[Mapping[str, Any]], root: Path = ROOT) -> None:
    """Take what was removed out of the ledgers, and what went along with it: units, what trees state."""
    for owner in owners:
        ledger = Ledger(owner, root)
        for one in removed:
            ledger.forget(one["kind"], one["name"])
        for entry in ledger.entries:
            if entry["kind"] in ("file", "history", "link", "tree") and not os.path.lexists(entry["name"]):
                ledger.forget(entry["kind"], entry["name"])
        ledger.save()
