"""Which TCP ports the processes of a service listen on, and which connections they have opened."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import lsof, ps
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin

LISTEN, ESTABLISHED = "0A", "01"


def ports_of(pids: Mapping[str, int], root: Path = Path("/proc")) -> dict[str, dict[str, list[int]]]:
    """By service: {"listens": ports, "from": local ports of its open connections}, its children's included.

    `pids` are the services' main processes. Empty lists where there is no right to look.
    """
    if is_darwin():
        processes = ps.rows()
        families = {service: ps.family(pid, processes) for service, pid in pids.items()}
        return lsof.ports_of(families, lsof.ask())
    table = _sockets(root)
    children = _children(root)
    found = {}
    for service, pid in pids.items():
        inodes = {inode for each in _family(pid, children) for inode in _inodes(each, root)} if pid else set()
        mine = [table[inode] for inode in inodes & table.keys()]
        found[service] = {
            "listens": sorted({port for port, state in mine if state == LISTEN}),
            "from": sorted({port for port, state in mine if state == ESTABLISHED}),
        }
    return found


def _sockets(root: Path) -> dict[str, tuple[int, str]]:
    """Every TCP socket of this network namespace: inode → (local port, state)."""
    found = {}
    for name in ("tcp", "tcp6"):
        try:
            lines = (root / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for words in (line.split() for line in lines):
            if len(words) > 9 and words[3] in (LISTEN, ESTABLISHED):
                found[words[9]] = (int(words[1].rpartition(":")[2], 16), words[3])
    return found


def _children(root: Path) -> dict[int, list[int]]:
    """Which processes each process has started."""
    found: dict[int, list[int]] = {}
    for folder in root.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        found.setdefault(parent, []).append(int(folder.name))
    return found


def _family(pid: int, children: Mapping[int, list[int]]) -> Iterable[int]:
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += children.get(each, [])


def _inodes(pid: int, root: Path) -> set[str]:
    found = set()
    try:
        for entry in os.scandir(root / str(pid) / "fd"):
            try:
                target = os.readlink(entry.path)  # noqa: PTH115
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        pass
    return found
