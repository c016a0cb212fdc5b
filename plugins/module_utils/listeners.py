"""Which process listens on which TCP port, read from /proc, or asked of lsof on a Mac, which has none."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import lsof
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin
from ansible_collections.rabbitry.stack.plugins.module_utils.machine import account_name, environment_of

LISTENING = "0A"
NOBODY = {"pid": None, "program": "", "command": "", "service": "", "unit": ""}
# Who logs in, or a job of cron, is no service that could be stopped for what it started.
SESSION = re.compile(r"(?:user@.*|cron|crond|ssh|sshd|ssh@.*|sshd@.*|getty@.*|gdm.*|display-manager)$")
UNIT = re.compile(r"/([^/]+)\.(service|socket)(?:/|$)")


def listeners(root: Path = Path("/")) -> list[dict[str, Any]]:
    """Every listening TCP socket: [{address, port, user, pid, program, command, service, unit, suspects}].

    `user` is the account that opened it; `service` is the name that our supervisor gave the process, `unit`
    the systemd unit it belongs to, "" when none. Root without the capability SYS_PTRACE (in a container, say)
    may not see who holds a socket of another account: then `pid` is None, and `suspects` are that account's
    processes, [{pid, program, …}], at most three programs.
    """
    if is_darwin():
        return of_sockets(lsof.ask())
    sockets = []
    for name in ("tcp", "tcp6"):
        try:
            sockets += parse_table((root / "proc/net" / name).read_text(encoding="ascii"))
        except OSError:
            continue
    holders = holders_of(root, {entry["inode"] for entry in sockets})
    described = {pid: describe(root, pid) for pid in set(holders.values())}
    found = []
    for entry in sockets:
        pid, uid = holders.get(entry.pop("inode")), entry.pop("user_id")
        holder = {**NOBODY, "suspects": suspects(root, uid)} if pid is None else described[pid]
        found.append({**entry, "user": account_name(uid), **holder})
    return sorted(found, key=lambda entry: (entry["port"], entry["address"]))


def suspects(root: Path, uid: int) -> list[dict[str, Any]]:
    """The oldest process of each program that an account runs, three at most."""
    found: dict[str, dict[str, Any]] = {}
    for pid in processes(root):
        try:
            owner = (root / "proc" / str(pid)).stat().st_uid
        except OSError:
            continue
        if owner == uid:
            process = describe(root, pid)
            found.setdefault(process["program"], process)
    return list(found.values())[:3]


def processes(root: Path) -> list[int]:
    """The ids of all processes, oldest first as far as numbers tell."""
    return sorted(int(name) for name in os.listdir(root / "proc") if name.isdigit())  # noqa: PTH208


def parse_table(text: str) -> list[dict[str, Any]]:
    """The listening sockets of a /proc/net/tcp or tcp6 table: [{address, port, user_id, inode}]."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) < 10 or words[3] != LISTENING:
            continue
        address, port = words[1].split(":")
        found.append(
            {
                "address": decode(address),
                "port": int(port, 16),
                "user_id": int(words[7]),
                "inode": int(words[9]),
            }
        )
    return found


def decode(address: str) -> str:
    """The kernel's hexadecimal address (32-bit words in the machine's byte order) as text."""
    raw = bytes.fromhex(address)
    order = -1 if sys.byteorder == "little" else 1
    swapped = b"".join(raw[start : start + 4][::order] for start in range(0, len(raw), 4))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, swapped)


def holders_of(root: Path, inodes: set[int]) -> dict[int, int]:
    """Which process holds each socket, {inode: pid}; of several (parent and forked children) the oldest."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found: dict[int, int] = {}
    for pid in processes(root):
        if len(found) == len(wanted):
            break
        # Thousands of descriptors: names from scandir are several times cheaper than Path objects.
        try:
            descriptors = [entry.path for entry in os.scandir(root / "proc" / str(pid) / "fd")]
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                inode = wanted.get(os.readlink(descriptor))  # noqa: PTH115
            except OSError:
                continue
            if inode is not None:
                found.setdefault(inode, pid)
    return found


def describe(root: Path, pid: int) -> dict[str, Any]:
    """A process by name, command line and service; one that just ended has empty texts."""
    folder = root / "proc" / str(pid)
    try:
        program = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
        raw = (folder / "cmdline").read_bytes()
    except OSError:
        program, raw = "", b""
    return {
        "pid": pid,
        "program": program,
        # Argument lists hold secrets; the words before the first option tell what runs.
        "command": " ".join(leading_words(raw)),
        "service": environment_of(root, pid).get("RABBITRY_SERVICE", ""),
        "unit": unit_of(root, pid),
        "suspects": [],
    }


def leading_words(raw: bytes) -> list[str]:
    """The words of a command line up to its first option."""
    words = [word.decode(errors="replace") for word in raw.split(b"\0") if word]
    stop = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:stop]


def unit_of(root: Path, pid: int) -> str:
    """The systemd service (or socket) that a process belongs to, by its control group."""
    try:
        groups = (root / "proc" / str(pid) / "cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in groups.splitlines():
        found = UNIT.search(line.rpartition(":")[2])
        if found and not SESSION.match(found.group(1)):
            return f"{found.group(1)}.{found.group(2)}"
    return ""


def of_sockets(sockets: Iterable[lsof.Socket]) -> list[dict[str, Any]]:
    """The listening ones of the sockets that lsof found; who supervises their processes it does not know."""
    blank = {"command": "", "service": "", "unit": "", "suspects": []}
    found = [
        {"address": one.address, "port": one.port, "user": one.user, "pid": one.pid, "program": one.program}
        for one in sockets
        if one.state == "LISTEN"
    ]
    return sorted(({**one, **blank} for one in found), key=lambda entry: (entry["port"], entry["address"]))
