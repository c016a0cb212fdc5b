"""Asks whether an application can be imported: by its interpreter, as its account, in its environment."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import secrets_in
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check_program import PROGRAM
from ansible_collections.rabbitry.stack.plugins.module_utils.masking import masked
from ansible_collections.rabbitry.stack.plugins.module_utils.settings_notes import notes, refusal

DEADLINE = 60

# Reads the environment file as supervisord's wrapper does, then becomes the command.
SHELL = 'set -a; [ -z "$1" ] || . "$1"; shift; exec "$@"'
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Imported:
    """What an application that can be imported has: tasks, and notes {"message", "hint"} on its settings."""

    tasks: list[str] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)


def import_check(module: str, release: Path, python: Path, user: str, environment_file: str) -> Imported:
    """Return what the application is.

    Raises DeploymentError with the end of the traceback when the module, or one that it brings, cannot be
    imported by `user`, or takes longer than 60 seconds. No password of the environment file is in it.
    """
    try:
        # The working directory goes first on the path: the new release is before the current one.
        done = run(python, (PROGRAM, module), release, user, environment_file, DEADLINE)
    except subprocess.TimeoutExpired as error:
        raise DeploymentError(
            f"importing `{module}` did not end within {DEADLINE} s",
            "an application must not connect, wait or compute while it is imported",
        ) from error
    told = document(done.stdout)
    if done.returncode:
        said = masked(done.stderr, secrets_in(environment_file)).splitlines()
        lines = [line for line in said if line.strip() and "<frozen importlib" not in line]
        if "mixed" in told:
            raise DeploymentError(*refusal(module, told["mixed"]), lines[-15:])
        cause = lines[-1].strip() if lines else f"status {done.returncode}"
        raise DeploymentError(
            f"application module `{module}` cannot be imported as user `{user}`: {cause}",
            _hint(cause, module, release),
            lines[-15:],
        )
    return Imported(told.get("tasks", []), notes(module, told.get("ignored", [])))


def document(output: str) -> dict[str, Any]:
    """The JSON document that a program printed last, whatever the application itself printed before."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                answer: dict[str, Any] = json.loads(line)
                return answer
    return {}


def run(
    python: Path, program: Sequence[str], directory: Path, user: str, environment_file: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a Python program and its arguments as the application's services run: account, environment, place.

    Raises what run_as raises.
    """
    words = ["/bin/sh", "-c", SHELL, "sh", environment_file, str(python), "-c", *program]
    return run_as(user, words, directory, seconds)


def run_as(
    user: str, words: Sequence[str], directory: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a command as an account, in an environment of its own, and keep what it prints.

    Raises TimeoutExpired after `seconds`, KeyError for an account that is not there, OSError for a program.
    """
    return subprocess.run(
        words,
        env=ENVIRONMENT,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
        **account(user),
    )


def account(user: str) -> dict[str, Any]:
    """Arguments by which a child becomes `user`; none when this process is not root and cannot."""
    if os.geteuid() != 0 or not user:
        return {}
    found = pwd.getpwnam(user)
    groups = [group.gr_gid for group in grp.getgrall() if user in group.gr_mem]
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": groups}


def _hint(cause: str, module: str, release: Path) -> str:
    missing = re.search(r"No module named '([^']+)'", cause)
    if missing and missing.group(1).split(".")[0] == module.split(".")[0].split(":")[0]:
        there = sorted(
            path.stem for path in release.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
        )
        return (
            f"set celery_app_module to a module of celery_app_source, which has: {', '.join(there) or 'none'}"
        )
    if missing:
        return f"name the package that brings `{missing.group(1)}` in the file celery_app_requirements_file"
    if "has no attribute 'celery'" in cause:
        return f"set celery_app_module to the module that holds the Celery object, like {module}:app"
    return ""
