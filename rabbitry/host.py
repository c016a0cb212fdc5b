"""Starts programs on this machine; with ansible.py the only module that does."""

from __future__ import annotations

import contextlib
import os
import platform
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def is_mac() -> bool:
    """Whether this machine is a Mac, on which nothing of the stack is root's."""
    return platform.system() == "Darwin"


def command(argv: Sequence[str], root: bool) -> list[str]:
    """`argv`, through sudo when it needs root and this is not root. sudo itself asks on the terminal."""
    return list(argv) if is_root() or is_mac() or not root else ["sudo", "--", *argv]


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


def follow(
    argv: Sequence[str],
    hear: Callable[[str], None],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
) -> int:
    """Run a program and hand on each line that it says while it says it; its exit code.

    It and what it started are ended after `seconds`, and when the reader is interrupted.
    """
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    timer = threading.Timer(seconds, _end_group, [process.pid])
    timer.start()
    try:
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                hear(line.rstrip("\n"))
    except BaseException:
        _end_group(process.pid)
        raise
    finally:
        timer.cancel()
    return process.returncode


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)


@contextlib.contextmanager
def companion(argv: Sequence[str], *, ready: str, seconds: float) -> Iterator[None]:
    """Run a program beside this one until the block ends; it has said the line `ready` when that begins.

    StackError, with what it said on standard error, when it ends before or `seconds` have passed.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        except OSError as error:
            raise _missing(argv, error) from error
        with process:
            try:
                if not _says(process, ready.encode(), time.monotonic() + seconds):
                    process.terminate()
                    process.wait()
                    errors.seek(0)
                    lines = errors.read().decode(errors="replace").splitlines()
                    raise StackError(f"`{argv[0]}` gave no answer within {seconds:g} s", "", lines)
                yield
            finally:
                process.terminate()


def _says(process: subprocess.Popen[bytes], line: bytes, deadline: float) -> bool:
    """Whether a program prints a line before it ends and before the deadline."""
    assert process.stdout is not None
    said = b""
    while (left := deadline - time.monotonic()) > 0 and select.select([process.stdout], [], [], left)[0]:
        chunk = os.read(process.stdout.fileno(), 4096)
        said += chunk
        if line in said.splitlines():
            return True
        if not chunk:
            break
    return False


def _missing(argv: Sequence[str], error: OSError) -> StackError:
    name = argv[0]
    hint = "run as root" if name == "sudo" else f"command -v {name}"
    return StackError(f"`{name}` cannot be started: {error.strerror}", hint)
