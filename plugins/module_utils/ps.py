"""The processes of a Mac, which has no /proc: read from `ps` by the options that POSIX and BSD share."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

# `lstart` is five words in the locale C: Mon Nov 23 15:18:10 2026.
COMMAND = ("ps", "-A", "-ww", "-o", "pid=,ppid=,uid=,stat=,lstart=,args=")
STARTED = "%a %b %d %H:%M:%S %Y"


@dataclass(frozen=True)
class Row:
    """One process; `started` as ps prints it, to the second. A word that holds blanks comes in parts."""

    pid: int
    parent: int
    uid: int
    state: str
    started: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The program's file name."""
        return PurePath(self.words[0]).name if self.words else ""

    @property
    def since(self) -> float:
        """When it started, seconds since 1970."""
        return time.mktime(time.strptime(self.started, STARTED))

    @property
    def ended(self) -> bool:
        """Whether it has ended and was only not yet collected."""
        return self.state.startswith(("Z", "X"))


def parse(text: str) -> dict[int, Row]:
    """The rows that COMMAND prints, by process id."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 9 and words[0].isdecimal():
            pid, parent, uid = (int(word) for word in words[:3])
            found[pid] = Row(pid, parent, uid, words[3], " ".join(words[4:9]), tuple(words[9:]))
    return found


def rows(*pids: int) -> dict[int, Row]:
    """The processes of this host, or those of them that are named."""
    command = [*COMMAND] if not pids else ["ps", "-ww", "-p", ",".join(map(str, pids)), *COMMAND[3:]]
    done = subprocess.run(
        command, env={"PATH": "/bin:/usr/bin", "LC_ALL": "C"}, capture_output=True, text=True,
        errors="replace", check=False, timeout=20,
    )  # fmt: skip
    return parse(done.stdout)  # ps ends with 1 when none of the named is there


def row(pid: int) -> Row | None:
    """One process, None when it is gone."""
    found = rows(pid).get(pid) if pid > 0 else None
    return None if found is None or found.ended else found


def ancestors(pid: int, table: Mapping[int, Row]) -> set[int]:
    """The process itself and all that it descends from."""
    found: set[int] = set()
    while pid in table and pid not in found:
        found.add(pid)
        pid = table[pid].parent
    return found | {pid}


def family(pid: int, table: Mapping[int, Row]) -> Iterable[int]:
    """The process itself and all that descends from it."""
    return [one for one in table if pid in ancestors(one, table)] if pid else []
