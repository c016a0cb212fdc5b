"""Calls `place` on a directory of its own, with account tools that only note what they are told."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.placement import Placement

USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name
MINE = {"user": USER, "group": GROUP}


class Place:
    """One host's ledger; `tools` are the commands that were run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tools: list[list[str]] = []

    def __call__(self, check: bool = False, **asked: Any) -> Placement:
        keys = ("groups", "users", "directories", "files", "secret_files", "links", "absent", "trees")
        known = Ledger("test", self.root)
        placement = Placement(known, Accounts(self._tool), check)
        placement.all({key: asked.get(key, []) for key in keys})
        if not check:
            known.save()
        return placement

    def _tool(self, command: Sequence[str]) -> None:
        self.tools.append(list(command))

    def entry(self, kind: str, name: object) -> dict[str, Any] | None:
        return Ledger("test", self.root).find(kind, str(name))


def file(path: Path, content: object = "a\n", mode: str = "0640", **more: str) -> dict[str, Any]:
    return {"path": str(path), "content": content, "mode": mode, **MINE, **more}


def directory(path: Path, mode: str = "0750") -> dict[str, Any]:
    return {"path": str(path), "mode": mode, **MINE}
