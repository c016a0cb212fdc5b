"""The processes of the stack's programs on a host, whoever started them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import listeners, processes
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin
from ansible_collections.rabbitry.stack.plugins.module_utils.machine import account_name
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

PROGRAMS = ("beam", "epmd", "redis-server", "valkey-server", "celery", "flower", "rabbitmq-server")
WORDS = 40


def collect(question: Question, proc: Path = processes.PROC) -> list[dict[str, Any]]:
    """Return [{pid, user, name, command, service, unit, directory, state, files}] of the stack's programs.

    `service` is what our supervisord calls it, `unit` systemd's; `state` is the kernel's letter (T: stopped),
    `files` its limit of open files (0: unknown).
    """
    found = []
    for process in processes.running(proc):
        words = process.arguments[:3]
        if not any(program in Path(word).name for word in (process.name, *words) for program in PROGRAMS):
            continue
        found.append(
            {
                "pid": process.pid,
                "user": account_name(process.uid),
                "name": process.name,
                "command": " ".join(process.arguments[:WORDS]),
                "service": process.service,
                "unit": "" if is_darwin() else listeners.unit_of(proc.parent, process.pid),
                **_kernel(proc / str(process.pid)),
            }
        )
    return found


def _kernel(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {"directory": "", "state": "", "files": 0}
    with suppress(OSError, ValueError, IndexError):
        facts["state"] = (path / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        limits = (path / "limits").read_text(encoding="ascii", errors="replace").splitlines()
        line = next(one for one in limits if one.startswith("Max open files"))
        facts["files"] = int(line.split()[3])
        # Last: a container's root may not read it of other accounts.
        facts["directory"] = str((path / "cwd").readlink())
    return facts
