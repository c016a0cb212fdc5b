"""Runs a command whose output goes to a log, and gives back what it said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> tuple[bool, str]:
    """Return whether a command succeeded and what it said, which is now at the end of `log` as well."""
    with log.open("ab") as stream:
        start = stream.tell()
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
        )
    with log.open("rb") as stream:
        stream.seek(start)
        return done.returncode == 0, stream.read().decode(errors="replace")
