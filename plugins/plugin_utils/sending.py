"""Copies a file of the controller to the host of an action, into its own temporary directory there."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def send(action: Any, path: Path, name: str = "") -> str:
    """Copy `path` to the host under its own name, or `name`; returns where it is there."""
    shell = action._connection._shell
    if not shell.tmpdir:
        action._make_tmp_path()
    remote: str = shell.join_path(shell.tmpdir, name or path.name)
    action._transfer_file(str(path), remote)
    action._fixup_perms2((shell.tmpdir, remote))
    return remote


def clear(action: Any) -> None:
    """Remove what was sent."""
    action._remove_tmp_path(action._connection._shell.tmpdir)
