"""What a machine is: system, release, memory, disks, names, privileges; read without starting a process."""

from __future__ import annotations

import os
import platform
import pwd
import shlex
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

# systemd's own spelling of "this is a container", and what the runtimes leave behind.
CONTAINER_MARKS = {".dockerenv": "docker", "run/.containerenv": "podman"}
# cgroup files say "no limit" with a number near 2**63.
NO_LIMIT = 1 << 60


def release(root: Path) -> dict[str, Any]:
    """The operating system: {system, id, like: [..], version, codename, name, architecture}."""
    system = platform.system()
    found: dict[str, Any] = {"system": system, "architecture": platform.machine()}
    if system == "Darwin":
        version = platform.mac_ver()[0]
        return {
            **found,
            "id": "macos",
            "like": [],
            "version": version,
            "codename": "",
            "name": f"macOS {version}",
        }
    values: dict[str, str] = {}
    for candidate in ("etc/os-release", "usr/lib/os-release"):
        if (root / candidate).is_file():
            values = parse_release((root / candidate).read_text(encoding="utf-8", errors="replace"))
            break
    return {
        **found,
        "id": values.get("ID", ""),
        "like": values.get("ID_LIKE", "").split(),
        "version": values.get("VERSION_ID", ""),
        "codename": values.get("VERSION_CODENAME", ""),
        "name": values.get("PRETTY_NAME", values.get("NAME", system)),
    }


def parse_release(text: str) -> dict[str, str]:
    """The assignments of an os-release file; a line that is none is skipped, as the format's manual asks."""
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            values[name] = "".join(shlex.split(value))
        except ValueError:
            continue
    return values


def account() -> dict[str, Any]:
    """Who the probe runs as: {uid, user}."""
    uid = os.geteuid()
    return {"uid": uid, "user": account_name(uid)}


def account_name(uid: int) -> str:
    """The name of a user id; the number itself when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def python() -> dict[str, Any]:
    """The interpreter that Ansible found on the host: {version: "3.13.5", executable}."""
    return {"version": platform.python_version(), "executable": sys.executable}


def container(root: Path) -> str:
    """The container runtime around this machine ("docker", "lxc", …); empty where there is none."""
    try:
        return (root / "run/systemd/container").read_text(encoding="utf-8").strip()
    except OSError:
        pass
    for mark, runtime in CONTAINER_MARKS.items():
        if (root / mark).exists():
            return runtime
    return environment_of(root, 1).get("container", "")


def environment_of(root: Path, pid: int) -> dict[str, str]:
    """A process's environment as it was started; empty when it may not be read."""
    try:
        raw = (root / "proc" / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (item.partition(b"=") for item in raw.split(b"\0") if b"=" in item)
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, _, value in pairs}


def memory(root: Path) -> dict[str, int]:
    """Bytes of memory: {total, available}; both are lowered to a container's own limit where it has one."""
    if platform.system() == "Darwin":
        answer = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "hw.memsize"], capture_output=True, text=True, check=True, timeout=5
        )
        return {"total": int(answer.stdout), "available": int(answer.stdout)}
    kibibytes = {}
    for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        kibibytes[name] = int(value.split()[0])
    total = kibibytes["MemTotal"] * 1024
    available = kibibytes.get("MemAvailable", kibibytes["MemFree"]) * 1024
    limit, used = cgroup_memory(root)
    if limit is None:
        return {"total": total, "available": available}
    return {"total": min(total, limit), "available": max(0, min(available, limit - used))}


def cgroup_memory(root: Path) -> tuple[int | None, int]:
    """A container's memory limit and use in bytes; (None, 0) when nothing limits it."""
    base = root / "sys/fs/cgroup"
    pairs = (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
    for limit_name, used_name in pairs:
        try:
            limit = (base / limit_name).read_text(encoding="ascii").strip()
            used = (base / used_name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit() and int(limit) < NO_LIMIT:
            return int(limit), int(used)
    return None, 0


def disks(paths: list[str]) -> list[dict[str, Any]]:
    """Free bytes below each path, asked of its nearest existing parent: [{path, device, free, total}]."""
    found = []
    for path in paths:
        existing = Path(path)
        while not existing.exists():
            existing = existing.parent
        numbers = os.statvfs(existing)
        found.append(
            {
                "path": path,
                "device": existing.stat().st_dev,
                "free": numbers.f_bavail * numbers.f_frsize,
                "total": numbers.f_blocks * numbers.f_frsize,
            }
        )
    return found


def host_name(deadline: float = 2.0) -> dict[str, Any]:
    """The host's own name and what it resolves to: {host_name, addresses: [..], resolve_error}.

    A resolver that does not answer blocks for long: it is asked in a thread and given up after
    `deadline` seconds.
    """
    name = socket.gethostname()
    answer: dict[str, Any] = {"addresses": [], "resolve_error": f"no answer within {deadline:g} s"}

    def ask() -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer["resolve_error"] = str(error)
            return
        answer.update(addresses=sorted({str(entry[4][0]) for entry in found}), resolve_error="")

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(deadline)
    return {"host_name": name, **answer}
