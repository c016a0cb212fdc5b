"""Finds a daemon of the stack that somebody started as root: what it writes, its service cannot use."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import listeners, processes

SUBCOMMANDS = ("beat", "worker", "flower")


@dataclass(frozen=True)
class Daemon:
    """A process of root's that does the work of a service; `command` has no options: secrets."""

    service: str
    pid: int
    command: str

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return (
            f"`{self.command}` (pid {self.pid}) runs as root, started by hand and not as the service "
            f"{self.service}: the files that it writes become root's"
        )

    def as_dict(self) -> dict[str, Any]:
        """Message and hint, as results carry them, and the process' id."""
        return {"message": self.message, "hint": f"sudo kill {self.pid} && ./inv up", "pid": self.pid}


def daemons(entries: Iterable[Mapping[str, Any]], proc: Path = processes.PROC) -> list[Daemon]:
    """The daemons of root's that do what services of these ledger entries are for, and are not they."""
    if not (proc / "self").exists():
        return []
    services = [one for one in entries if one["kind"] == "service" and _account(one) not in ("", "root")]
    units = {f"{one['name']}.service" for one in services}
    units |= {str(one["definition"]["unit"]) for one in services if one["definition"].get("unit")}
    found = []
    for process in processes.running(proc) if services else ():
        if process.uid or process.service or listeners.unit_of(proc.parent, process.pid) in units:
            continue
        found += [_daemon(one, process) for one in services if _does_the_work_of(process, one, proc)]
    return found


def _account(entry: Mapping[str, Any]) -> str:
    return str((entry.get("definition") or {}).get("user") or "")


def _does_the_work_of(process: processes.Process, entry: Mapping[str, Any], proc: Path) -> bool:
    definition = entry["definition"]
    command = [str(word) for word in definition.get("command") or [""]]
    program = Path(command[0]).name
    words = process.arguments
    if program == "rabbitmq-server":
        return process.name.startswith("beam") and any("rabbitmq" in word for word in words)
    if program == "redis-server":
        directory = _directory(process.pid, proc) == definition.get("working_dir")
        return process.name == program and (directory or command[1] in words)
    if program == "celery":
        ours = any(word.startswith(f"{Path(command[0]).parents[2]}/") for word in words[:2])
        return ours and _subcommand(command) != "" and _subcommand(command) == _subcommand(words)
    return False


def _subcommand(words: Iterable[str]) -> str:
    return next((word for word in words if word in SUBCOMMANDS), "")


def _directory(pid: int, proc: Path) -> str:
    try:
        return os.readlink(proc / str(pid) / "cwd")  # noqa: PTH115 - the kernel's text, " (deleted)" included
    except OSError:
        return ""


def _daemon(entry: Mapping[str, Any], process: processes.Process) -> Daemon:
    words = listeners.leading_words("\0".join(process.arguments).encode())
    name = _subcommand(process.arguments)
    shown = [*words, *([name] if name and name not in words else [])]
    return Daemon(str(entry["name"]), process.pid, " ".join(shown))
