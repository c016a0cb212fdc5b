"""Starts programs on this machine; with ansible.py the only module that does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rabbitry.errors import StackError


@dataclass(frozen=True)
class Answer:
    """How a program ended and what it said."""

    code: int
    output: str
    errors: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything it said, its complaints last."""
        return (*self.output.splitlines(), *self.errors.splitlines())


def tools() -> dict[str, str]:
    """The environment variable with which programs of .venv are found before others."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def is_root() -> bool:
    return os.geteuid() == 0


def command(argv: Sequence[str], root: bool) -> list[str]:
    """`argv`, through sudo when it needs root and this is not root. sudo itself asks on the terminal."""
    return list(argv) if is_root() or not root else ["sudo", "--", *argv]


def run(
    argv: Sequence[str],
    *,
    root: bool = False,
    stdin: str = "",
    timeout: float | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Answer:
    """Run a program to its end and keep what it says; StackError when it is missing or takes too long."""
    try:
        done = subprocess.run(
            command(argv, root),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            cwd=folder,
            env={**os.environ, **environment} if environment else None,
        )
    except OSError as error:
        raise _missing(command(argv, root), error) from error
    except subprocess.TimeoutExpired as error:
        raise StackError(f"`{' '.join(argv)}` gave no answer within {timeout:g} s") from error
    return Answer(done.returncode, done.stdout, done.stderr)


def call(
    argv: Sequence[str],
    *,
    root: bool = False,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a program on this terminal; its exit code."""
    try:
        process = subprocess.Popen(
            command(argv, root), cwd=folder, env={**os.environ, **environment} if environment else None
        )
    except OSError as error:
        raise _missing(command(argv, root), error) from error
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal told the program too: it ends in its own way.
        return process.wait()


def _missing(argv: Sequence[str], error: OSError) -> StackError:
    name = argv[0]
    hint = "run as root" if name == "sudo" else f"command -v {name}"
    return StackError(f"`{name}` cannot be started: {error.strerror}", hint)
