"""Prints as JSON what is on this host; runs inside a test host with nothing but the standard library."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

Facts = dict[str, str]

# States of /proc/net: TCP's listening and UDP's unconnected.
BOUND = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
HASHED = ("/etc", "/opt", "/root", "/home", "/srv", "/usr/local", "/var")
ANY, LOOPBACK = "0" * 32, "0" * 24 + "01000000"
SHORT = 16


def files(skip: re.Pattern[str]) -> Facts:
    """Map each path to what identifies it: mode, owner, and a link's target, a digest or a size."""
    return {entry.path: " ".join(map(str, identity(entry))) for entry in walk("/", skip)}


def walk(folder: str, skip: re.Pattern[str]) -> Iterator[os.DirEntry[str]]:
    """Give everything below `folder` on the same file system."""
    for entry in os.scandir(folder):
        if skip.match(entry.path) or entry.stat(follow_symlinks=False).st_dev != DEVICE:
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path, skip)


def identity(entry: os.DirEntry[str]) -> Iterator[object]:
    info = entry.stat(follow_symlinks=False)
    yield from (oct(info.st_mode), info.st_uid, info.st_gid)
    if entry.is_symlink():
        yield Path(entry.path).readlink()
    elif stat.S_ISREG(info.st_mode):
        yield digest(Path(entry.path)) if entry.path.startswith(HASHED) else info.st_size


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:SHORT]


def names(path: str) -> Facts:
    """Map the names of /etc/passwd or /etc/group to the rest of their line."""
    rows = (line.partition(":") for line in Path(path).read_text().splitlines())
    return {name: rest for name, _, rest in rows}


def packages() -> Facts:
    return dict(line.split(" ", 1) for line in output("dpkg-query", "-W", "-f", PACKAGE).splitlines())


def units() -> Facts:
    """Map units to their state when they run or failed; nothing on a host without systemd.

    A unit that did its work and ended is left out: systemd forgets those at its next reload.
    """
    if not shutil.which("systemctl") or not Path("/run/systemd/system").is_dir():
        return {}
    kinds = "--type=service,timer,socket,path"
    rows = [line.split(None, 4) for line in output("systemctl", *LIST_UNITS, kinds).splitlines()]
    return {row[0]: f"{row[1]} {row[2]}" for row in rows if row[2] in RUNNING and row[3] != "exited"}


def processes() -> Facts:
    """Map "user program" to how many of them run; the process that asks and its parents are left out."""
    own, pid = {1}, os.getpid()
    while pid > 1:
        own.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    found: dict[str, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) in own:
            continue
        try:
            program = (folder / "cmdline").read_text().split("\0")[0]
            key = f"{folder.stat().st_uid} {Path(program.split(' ')[0]).name}"
        except OSError:  # it has ended meanwhile
            continue
        if program:
            found[key] = found.get(key, 0) + 1
    return {key: str(count) for key, count in found.items()}


def ports() -> Facts:
    """Map "tcp address:port" of the sockets that listen to the number of the user who holds them."""
    found = {}
    for kind, state in BOUND.items():
        table = Path(f"/proc/net/{kind}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            words = line.split()
            address, _, port = words[1].partition(":")
            if words[3] == state:
                found[f"{kind} {readable(address)}:{int(port, 16)}"] = f"user {words[7]}"
    return found


def readable(address: str) -> str:
    """Turn the kernel's hexadecimal address into dots; of IPv6 only "any" and "loopback" are told apart."""
    if len(address) == 8:
        return ".".join(str(byte) for byte in reversed(bytes.fromhex(address)))
    return {ANY: "[::]", LOOPBACK: "[::1]"}.get(address, f"[{address}]")


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


DEVICE = Path("/").stat().st_dev
PACKAGE = "${Package} ${Version} ${db:Status-Status}\n"
RUNNING = ("active", "failed", "activating")
LIST_UNITS = ("list-units", "--all", "--plain", "--no-legend")

if __name__ == "__main__":
    seen = {
        "packages": packages(),
        "users": names("/etc/passwd"),
        "groups": names("/etc/group"),
        "files": files(re.compile(sys.argv[1])),
        "units": units(),
        "processes": processes(),
        "ports": ports(),
    }
    print(json.dumps(seen))
