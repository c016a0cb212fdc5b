"""Speaks with Docker through its command line: what a failed test prints can be pasted into a shell."""

from __future__ import annotations

import functools
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Result:
    """A finished command: `out` and `err` are text, `seconds` its wall time."""

    command: str
    rc: int
    out: str
    err: str
    seconds: float

    @property
    def text(self) -> str:
        """Both streams, the standard output first."""
        return self.out + self.err

    def __str__(self) -> str:
        tail = "\n".join(self.text.strip().splitlines()[-60:])
        return f"$ {self.command}\n{tail}\n-> exit code {self.rc} after {self.seconds:.1f} s"


class CommandFailed(AssertionError):
    """A command that had to succeed did not; the message ends with its last 60 lines."""


def run(
    command: Sequence[str], *, seconds: float, check: bool = True, stdin: str | IO[bytes] | None = None
) -> Result:
    """Run `command` here, killed after `seconds`; CommandFailed when it fails and `check` is true."""
    start = time.monotonic()
    fed = isinstance(stdin, str)
    try:
        done = subprocess.run(
            command,
            input=stdin.encode() if isinstance(stdin, str) else None,
            **({} if fed else {"stdin": stdin or subprocess.DEVNULL}),  # type: ignore[call-overload]
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        rc, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as error:
        rc, out, err = 124, error.stdout or b"", (error.stderr or b"") + b"\n(killed: the time was over)\n"
    shown = shlex.join(command)
    result = Result(
        shown if len(shown) < 2000 else shown[:2000] + " ...",
        rc,
        out.decode(errors="replace"),
        err.decode(errors="replace"),
        time.monotonic() - start,
    )
    if check and rc != 0:
        raise CommandFailed(str(result))
    return result


def docker(
    *arguments: str, seconds: float = 60, check: bool = True, stdin: str | IO[bytes] | None = None
) -> Result:
    """Run one docker command."""
    return run(["docker", *arguments], seconds=seconds, check=check, stdin=stdin)


@functools.cache
def why_not() -> str | None:
    """Say in one line what is missing for test hosts and how to get it; None when nothing is."""
    if shutil.which("docker") is None:
        return "docker is not installed: apt-get install docker.io iptables, then start dockerd"
    if docker("version", "--format", "{{.Server.Version}}", seconds=10, check=False).rc != 0:
        return "no docker daemon answers: start dockerd, or join the group docker"
    return None
