"""What of an application is on the host already: its interpreter, its directory, its environment."""

from __future__ import annotations

import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import import_check, requirements_text, uv

DEADLINE = 20
NOBODY = "nobody"
READ = 'test -r "$1" && test -x "$1"'
VERSION = "import sys; print(*sys.version_info[:2])"


def look(given: Mapping[str, Any]) -> dict[str, Any]:
    """Look at what one application names: `python`, `existing` with `module`, `venv`, for its `user`.

    Returns {"python": {"path", "version"}, "existing": {"fault"}, "venv": {"fault", "version", "packages"}},
    of each only what was asked for. A version is "3.13", "" for an interpreter that the account cannot run;
    a fault is "" or what is wrong, to follow a path in a sentence; packages are {name: version}.
    """
    user = account(str(given.get("user") or ""))
    found: dict[str, Any] = {}
    if given.get("python"):
        path = uv.of_version(given["python"])[0]
        found["python"] = {"path": path, "version": version(path, user)}
    if given.get("existing"):
        place = Path(given["existing"])
        found["existing"] = {"fault": directory(place, str(given.get("module") or ""), user)}
    if given.get("venv"):
        venv = Path(given["venv"])
        python = version(f"{venv}/bin/python", user)
        fault = "" if python else f"has no `bin/python` that the user `{user}` can run"
        found["venv"] = {"fault": fault, "version": python, "packages": packages(venv)}
    return found


def account(user: str) -> str:
    """The application's account, or who stands for it as long as it is not there."""
    try:
        return pwd.getpwnam(user).pw_name
    except KeyError:
        return NOBODY


def version(path: str, user: str) -> str:
    """The version of an interpreter, by running it as the account; "" when that fails."""
    done = _run([path, "-ISc", VERSION], user)
    return ".".join(done.split()) if done else ""


def directory(place: Path, module: str, user: str) -> str:
    """Why the directory cannot be the application's; "" when it can."""
    if not place.is_dir():
        return "is not a directory there"
    if _run(["/bin/sh", "-c", f"{READ} && echo yes", "sh", str(place)], user) is None:
        return f"cannot be read by the user `{user}`"
    name = module.partition(":")[0].replace(".", "/")
    if not any((place / file).is_file() for file in (f"{name}.py", f"{name}/__init__.py")):
        return f"has no module `{module}`"
    return ""


def packages(venv: Path) -> dict[str, str]:
    """The packages of an environment by their directories of metadata: {normalised name: version}."""
    names = (
        path.name.removesuffix(".dist-info") for path in venv.glob("lib/python*/site-packages/*.dist-info")
    )
    pairs = (name.rpartition("-") for name in names)
    return {requirements_text.normalised(name): number for name, _, number in pairs}


def _run(words: list[str], user: str) -> str | None:
    """What a program prints when it runs as the account, None when it cannot be run or fails."""
    try:
        done = import_check.run_as(user, words, Path("/"), DEADLINE)
    except (OSError, subprocess.SubprocessError, KeyError):
        return None
    return None if done.returncode else done.stdout
