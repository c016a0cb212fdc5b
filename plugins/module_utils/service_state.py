"""What a supervisor says of a running service, and what is known of its process."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import ps
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LAUNCH, Service


class SupervisorError(Exception):
    """A supervisor did not do what it was asked; `hint` is a command that can be pasted."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class State:
    """One service at one moment.

    state: running, starting, stopping, stopped, crashing (it ended and will be started again), failed
    (given up) or missing (the supervisor does not know it). since: start of the process, seconds since
    1970, 0 when none runs. restarts: how often it was started again after it ended by itself.
    """

    state: str = "missing"
    enabled: bool = False
    pid: int = 0
    since: float = 0
    restarts: int = 0
    reason: str = ""
    stale: bool = False

    @property
    def running(self) -> bool:
        """Whether its process is up, which is not yet readiness."""
        return self.state == "running"

    def public(self) -> dict[str, Any]:
        """The facts that other parts read."""
        facts = asdict(self)
        del facts["stale"]
        return {"running": self.running, **facts}


class Control:
    """What every supervisor can do; services are known by name, in the order given."""

    kind: str
    main_files: Mapping[str, str] = {}
    packages: Sequence[str] = ()
    directories: Mapping[str, str] = {}
    programs: Sequence[str] = ("launch",)

    def files(self, service: Service, enabled: bool = True) -> dict[str, str]:
        """The files that describe the service to the supervisor, text by path; raises InvalidService."""
        raise NotImplementedError

    def installed(self) -> bool:
        """Whether the supervisor's program is there."""
        return True

    def states(self, services: Sequence[Service]) -> dict[str, State]:
        """How each service is, in one look."""
        raise NotImplementedError

    def reload(self, enable: Sequence[Service], disable: Sequence[Service]) -> None:
        """Take notice of written files, and of which services start at boot."""
        raise NotImplementedError

    def start(self, services: Sequence[Service]) -> None:
        """(Re)start with the newest description; returns before they are ready. Raises SupervisorError."""
        raise NotImplementedError

    def stop(self, services: Sequence[Service]) -> None:
        """Stop in reverse order and return when they have ended. Raises SupervisorError."""
        raise NotImplementedError

    def forget(self, services: Sequence[Service]) -> None:
        """Stop and make the supervisor forget; the caller has yet to delete their files, then reload."""
        raise NotImplementedError

    def finish(self) -> None:
        """After stops and removals: end what has nothing left to do."""

    def log_command(self, service: Service) -> str:
        """A command that shows the service's log."""
        raise NotImplementedError

    def log_position(self, service: Service) -> float:
        """Where its log ends now; `log` can begin there."""
        return time.time()

    def log(self, service: Service, lines: int, position: float | None = None) -> list[str]:
        """The last lines of its log, at most from a position on."""
        raise NotImplementedError


def run(command: Sequence[str], seconds: float | None = 60) -> subprocess.CompletedProcess[str]:
    """Run a supervisor's tool in the plain locale. Raises SupervisorError: no such program, too slow."""
    try:
        return subprocess.run(
            command, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", check=False, timeout=seconds,
        )  # fmt: skip
    except FileNotFoundError:
        raise SupervisorError(f"`{command[0]}` is not there") from None
    except subprocess.TimeoutExpired:
        raise SupervisorError(
            f"`{' '.join(command)}` does not end within {seconds} s", " ".join(command)
        ) from None


def alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended but was not yet collected does not."""
    if is_darwin():
        return ps.row(pid) is not None
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def waiting(pid: int) -> bool:
    """Whether a process is still libexec/launch, that is, waits for what it needs."""
    if is_darwin():
        found = ps.row(pid)
        return found is not None and LAUNCH in found.words[:3]
    try:
        return LAUNCH.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:3]
    except OSError:
        return False


def process_start(pid: int) -> float:
    """When a process started, seconds since 1970 (to 10 ms on Linux, 1 s elsewhere), 0 when it is gone."""
    if not pid:
        return 0
    if is_darwin():
        found = ps.row(pid)
        return found.since if found else 0
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return 0
    up = ticks / os.sysconf("SC_CLK_TCK")
    return round(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + up, 2)


def tail(path: str, lines: int, position: float | None = None) -> list[str]:
    """The last lines of a file, from a byte position on unless it was rotated; [] when there is no file."""
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            begin = int(position) if position is not None and position <= size else 0
            file.seek(max(begin, size - 400 * lines - 4096))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines()][-lines:]


def size_of(path: str) -> int:
    """How many bytes a file has, 0 when it is not there."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
