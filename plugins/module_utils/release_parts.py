"""What a release is made with: its environment, the files that were sent for it, and its trial."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import Imported, import_check


def environment_link(params: dict[str, Any]) -> str:
    """Where the link `venv` is to lead: one of ours by its place in the home, the host's own by its path."""
    path = Path(params["venv"])
    ours = not path.is_absolute() or path.parent == Path(params["home"]) / "venvs"
    return f"venvs/{path.name}" if params["venv"] and ours else params["venv"]


def environment_of(params: dict[str, Any]) -> Path:
    return Path(params["home"]) / (environment_link(params) or "venv")


def unpack(shelf: Shelf, params: dict[str, Any]) -> None:
    """Put the archive's files in place, with their bytecode."""
    path = shelf.path(params["digest"])
    shelf.discard(params["digest"])
    bundle.unpack(Path(params["archive"]), path)
    python = environment_of(params) / "bin" / "python"
    if python.exists():
        # A file that does not compile is no fault here: it may be a template, and the import tells the rest.
        words = [str(python), "-m", "compileall", "-q", "-q", str(path)]
        subprocess.run(words, cwd="/", capture_output=True, umask=0o022, timeout=120, check=False)


def trial_run(
    shelf: Shelf, params: dict[str, Any], note: dict[str, Any] | None, trial: list[str]
) -> Imported:
    """Import the application, note that it works; returns what it has. A new release that fails goes."""
    found, digest = Imported(), params["digest"]
    try:
        if params["module"]:
            python = environment_of(params) / "bin" / "python"
            path = Path(params["existing"] or shelf.path(digest))
            found = import_check(params["module"], path, python, params["user"], params["environment_file"])
    except DeploymentError:
        if note is None and digest:
            shelf.discard(digest)
        raise
    if digest:
        used = {"used": False} if note is None else {}
        shelf.complete(digest, tried=[*(note or {}).get("tried", []), trial][-10:], **used)
    return found
