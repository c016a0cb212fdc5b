"""Find processes by whose they are, and end them gently, by their id, never by a name alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import ps
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin

PROC = Path("/proc")
MARK = "RABBITRY_SERVICE="
GRACE = 15.0  # seconds between asking a process to end and making it
POLL = 0.02


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process; `started` tells it from a later one with the same id."""

    pid: int
    uid: int
    name: str
    arguments: tuple[str, ...]
    service: str  # RABBITRY_SERVICE of its environment; "" where a container's root may not read that
    started: str


def running(proc: Path = PROC) -> Iterator[Process]:
    """Processes of this host, without those inside its containers, this one and its ancestors."""
    if is_darwin():
        yield from _by_ps()
        return
    own = _namespace(proc / "self")
    spared = _ancestors(proc)
    for path in proc.iterdir():
        if not path.name.isdecimal() or int(path.name) in spared:
            continue
        with suppress(OSError, ValueError, IndexError):  # it ended meanwhile
            if _namespace(path) != own:
                continue
            stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
            command = (path / "cmdline").read_bytes().decode(errors="replace").rstrip("\0")
            yield Process(
                pid=int(path.name),
                uid=path.stat().st_uid,
                name=stat[stat.index("(") + 1 : stat.rindex(")")],
                arguments=tuple(command.split("\0")),
                service=_service(path),
                started=stat[stat.rindex(")") + 2 :].split()[19],
            )


def _by_ps() -> Iterator[Process]:
    """The same on macOS, where another process' environment cannot be read: launchd ends a job's children."""
    table = ps.rows()
    for row in table.values():
        if not row.ended and row.pid not in ps.ancestors(os.getpid(), table):
            yield Process(
                pid=row.pid, uid=row.uid, name=row.name, arguments=row.words, service="", started=row.started
            )


def _namespace(path: Path) -> int:
    """How deep below this /proc a process is: those of containers have an id of their own in each level.

    The links in `ns` would tell the same, but a container's root may not read those of other accounts.
    """
    lines = (path / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((len(line.split()) for line in lines if line.startswith("NSpid:")), 0)


def _service(path: Path) -> str:
    with suppress(OSError):
        words = (path / "environ").read_bytes().decode(errors="replace").split("\0")
        return next((word.removeprefix(MARK) for word in words if word.startswith(MARK)), "")
    return ""


def _ancestors(proc: Path) -> set[int]:
    found, pid = set(), os.getpid()
    while pid > 0 and pid not in found:
        found.add(pid)
        with suppress(OSError):
            stat = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
            pid = int(stat[stat.rindex(")") + 2 :].split()[1])
    return found


def leftovers(uids: Collection[int], epmd: bool, configuration: str, proc: Path = PROC) -> list[Process]:
    """What of Rabbitry's still runs when its services are gone, supervisors first.

    These are its supervisord (`configuration` is its file), what that had started, all of the users `uids`,
    and with `epmd` an Erlang port mapper that no Erlang node uses any more.
    """
    found = list(running(proc))
    nodes = [p for p in found if p.name.startswith("beam") and p.uid not in uids and not p.service]
    mine = [p for p in found if p.uid in uids or p.service or (p.name == "epmd" and epmd and not nodes)]
    supervisors = [p for p in found if configuration in p.arguments]
    return list(dict.fromkeys([*supervisors, *mine]))


def end(process: Process, grace: float = GRACE, proc: Path = PROC) -> bool:
    """Ask the process to end, and make it after `grace` seconds; False when it had ended by itself.

    Raises TimeoutError when it stays all the same.
    """
    if not _alive(process, proc):
        return False
    for kind, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            os.kill(process.pid, kind)
        while _alive(process, proc) and time.monotonic() < deadline:
            time.sleep(POLL)
        if not _alive(process, proc):
            return True
    raise TimeoutError(f"process {process.pid} (`{process.name}`) cannot be ended")


def _alive(process: Process, proc: Path) -> bool:
    if is_darwin():
        found = ps.row(process.pid)
        return found is not None and found.started == process.started
    try:
        stat = (proc / str(process.pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    state, *fields = stat[stat.rindex(")") + 2 :].split()
    return state not in "ZX" and fields[18] == process.started
