"""Runs an application's own commands in a release that is not yet in use: migrations and the like."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import secrets_in
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import ENVIRONMENT, account
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.masking import masked

# What a command said last is shown when it fails.
SHOWN = 20

# Arguments: the environment file, the release, the directory of the environment's programs, the command. The
# release comes before the one in use, which the file names; `python` is the environment's.
SHELL = (
    'set -a; [ -z "$1" ] || . "$1"; PYTHONPATH="$2${PYTHONPATH:+:$PYTHONPATH}"; PATH="$3:$PATH"; '
    'shift 3; exec "$@"'
)


@dataclass(frozen=True)
class Place:
    """Where commands run: the release, its environment, account and variables; each for so many seconds."""

    release: Path
    venv: Path
    user: str
    environment_file: str
    seconds: int

    def argv(self, command: Sequence[str]) -> list[str]:
        """What is executed for a command."""
        return [*shell(self.environment_file, self.release, self.venv), *command]

    def options(self) -> dict[str, Any]:
        """How it is executed, as Popen takes it."""
        # What Python prints and what it complains of come in their order.
        environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": "1"}
        return {"env": environment, "cwd": self.release, **account(self.user)}

    def end(self) -> None:
        """Nothing is left of a command that was killed."""


class Anywhere(Protocol):
    """A place that commands run in: that of a host, or one in a container."""

    @property
    def user(self) -> str: ...
    @property
    def environment_file(self) -> str: ...
    @property
    def seconds(self) -> int: ...

    def argv(self, command: Sequence[str]) -> list[str]: ...
    def options(self) -> dict[str, Any]: ...
    def end(self) -> None: ...


def shell(environment_file: str, release: object, venv: Path) -> list[str]:
    """The words before a command that give it its variables, the release and the environment's programs."""
    return ["/bin/sh", "-c", SHELL, "sh", environment_file, str(release), str(venv / "bin")]


def words_of(command: str | Sequence[str]) -> list[str]:
    """A command's words; a text is taken apart as a shell would. ValueError for one that cannot be."""
    words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
    if not words or not words[0]:
        raise ValueError("a command has no words")
    return words


def marks(venv: str, commands: Sequence[Sequence[str]]) -> list[str]:
    """What a release's note remembers of commands that ran with an environment, without their words."""
    return [hashlib.sha256(json.dumps([venv, *words]).encode()).hexdigest()[:16] for words in commands]


def run_due(shelf: Shelf, digest: str, due: Sequence[Sequence[str]], place: Place, ledger: Ledger) -> None:
    """Run commands in a release; one that was never in use goes when a command of it fails."""
    try:
        run_all(due, place)
    except DeploymentError:
        if not shelf.was_used(digest):
            shelf.remove(digest, ledger)
            ledger.save()
        raise


def run_all(commands: Sequence[Sequence[str]], place: Anywhere) -> None:
    """Run each command to its end, in their order.

    Raises DeploymentError for the first that fails or takes too long, with its last lines. No secret of the
    environment file is in it.
    """
    secrets = secrets_in(place.environment_file)
    for command in commands:
        shown = masked(shlex.join(command), secrets)
        code, said = _run(command, place)
        lines = [line for line in masked(said, secrets).splitlines() if line.strip()][-SHOWN:]
        if code is None:
            raise DeploymentError(
                f"the release command `{shown}` did not end within {place.seconds} s, and was killed",
                "look at what it waits for; celery_app_release_seconds gives it more time",
                lines,
            )
        if code:
            why = f"ended with status {code}" if code > 0 else f"was killed by signal {-code}"
            raise DeploymentError(
                f"the release command `{shown}` {why}, as user `{place.user}`; what runs is untouched",
                "correct what it says above and run it again: it starts with the first command",
                lines,
            )


def _run(command: Sequence[str], place: Anywhere) -> tuple[int | None, str]:
    """Exit status (None when it took too long) and what was printed."""
    # A file, not a pipe: what a command leaves running may hold it open.
    with tempfile.TemporaryFile() as output:
        # In a session of its own, so that a timeout ends what it has started too.
        process = subprocess.Popen(
            place.argv(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **place.options(),
        )
        code: int | None
        try:
            code = process.wait(place.seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            place.end()
            code = None
        output.seek(0)
        return code, output.read().decode(errors="replace")
