"""Runs git and uv on the controller: no secret on a command line, and none in what comes back."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.masking import masked
from ansible_collections.rabbitry.stack.plugins.module_utils.uv import CROSS

DEADLINE = 600


class CommandError(Exception):
    """A program that failed: what it said first, a way out, and its last lines; all without secrets."""

    def __init__(self, message: str, hint: str = "", log: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.log = list(log)


@dataclass(frozen=True)
class Tools:
    """Where things are kept here, and the package index, which may have a login in it."""

    cache: Path
    index: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def uv(self, *words: str, cwd: Path = Path("/")) -> str:
        """Run uv with the interpreter, certificates and index of this machine; returns what it printed."""
        return run([program("uv"), *words], self.uv_environment(), cwd, [self.index])

    def uv_environment(self) -> dict[str, str]:
        """The caller's own, in which uv takes pip's index and certificates, and fetches no Python."""
        given = dict(self.environment)
        for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT"):
            given.pop(name, None)
        given |= {
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            "UV_SYSTEM_CERTS": "1",
            "NO_COLOR": "1",
        }
        index = self.index or given.get("UV_DEFAULT_INDEX") or given.get("PIP_INDEX_URL")
        given |= {"UV_DEFAULT_INDEX": index} if index else {}
        if given.get("PIP_CERT") and not given.get("SSL_CERT_FILE"):
            given["SSL_CERT_FILE"] = given["PIP_CERT"]
        # A version that is computed from git's history is looked for without touching the repository.
        return given | {"GIT_OPTIONAL_LOCKS": "0"}

    @contextmanager
    def locked(self, name: str) -> Iterator[Path]:
        """A private directory of the cache, held alone: other hosts of this run, and other runs, wait."""
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.cache / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield path
        finally:
            os.close(descriptor)


def program(name: str) -> str:
    """The program beside this Python, as `inv` made it, or else the one on PATH; CommandError for none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(name)
    if not found:
        raise CommandError(f"`{name}` is not on the machine that runs Ansible", f"command -v {name}")
    return found


def run(words: Sequence[str], environment: Mapping[str, str], cwd: Path, secrets: Sequence[str] = ()) -> str:
    """Run a program and return its output; CommandError with what it said, `secrets` masked."""
    name = f"{Path(words[0]).name} {words[1] if len(words) > 1 else ''}".strip()
    try:
        done = subprocess.run(
            words,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"`{name}` did not end within {DEADLINE} s") from error
    except OSError as error:
        raise CommandError(f"`{words[0]}` cannot be run: {error.strerror}") from error
    if done.returncode:
        lines = [line.rstrip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        lines = masked(lines, [secret for secret in secrets if secret])
        first = ("fatal", "error", CROSS)
        said = next((line.strip(f"{CROSS} ") for line in lines if line.strip().lower().startswith(first)), "")
        said = said or (lines[-1].strip() if lines else f"status {done.returncode}")
        raise CommandError(f"`{name}` failed: {said}", log=lines[-20:])
    return done.stdout
