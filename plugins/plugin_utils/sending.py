"""Gives a module a file of the controller, in its temporary directory on the host, when it has to have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def ask(
    action: Any, module: str, arguments: dict[str, Any], task_vars: Any, send: Callable[[], str]
) -> dict[str, Any]:
    """Run a module of ours; once more, with `archive` as `send` says, when it answers that it is `needed`.

    So no change is one call, and sends nothing.
    """
    call = {"module_name": f"rabbitry.stack.{module}", "module_args": arguments, "task_vars": task_vars}
    answer: dict[str, Any] = action._execute_module(**call)
    if answer.get("needed"):
        arguments["archive"] = send()
        answer = action._execute_module(**call)
        action._remove_tmp_path(action._connection._shell.tmpdir)
    return answer


def send(action: Any, path: Path, name: str = "") -> str:
    """Copy `path` to the host under its own name, or `name`; returns where it is there."""
    shell = action._connection._shell
    if not shell.tmpdir:
        action._make_tmp_path()
    remote: str = shell.join_path(shell.tmpdir, name or path.name)
    action._transfer_file(str(path), remote)
    action._fixup_perms2((shell.tmpdir, remote))
    return remote
