"""What of the machine stands in the services' way: kernel settings, clock, disks, SELinux, Homebrew."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import machine
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import tail

# Where the services write; a directory that is not there is left out.
WRITTEN = ("var/lib/rabbitmq", "var/lib/redis", "var/log", "var/lib/rabbitry", "tmp")
TIMEOUT = 2.0
AUDIT_LINES = 400
DENIED = re.compile(
    r'avc:\s+denied.*comm="(?:beam\.smp|epmd|redis-server|valkey-server|celery|flower|launch)"'
)
FORMULAE = ("rabbitmq", "redis", "valkey", "erlang")
PARENTS = ("Cellar", "opt", "etc", "var/lib", "var/log", "var/db")


def collect(question: Question, root: Path = Path("/")) -> dict[str, Any]:
    """Return what the checks of the host read.

    {"clock": seconds since 1970, "overcommit": vm.overcommit_memory or "",
    "disks": of directories that services write to, as in machine.py,
    "selinux": {"enforcing": bool, "denials": [lines of the audit log on the stack's programs]},
    "flower": {application: status of its Flower's first page without a login, 0 for no answer},
    "homebrew": {"daemons": [plists by which root starts formulae], "root_owned": [paths]} or None}.
    """
    overcommit = root / "proc/sys/vm/overcommit_memory"
    return {
        "clock": time.time(),
        "overcommit": overcommit.read_text(encoding="ascii").strip() if overcommit.exists() else "",
        "disks": machine.disks([str(path) for name in WRITTEN if (path := root / name).exists()]),
        "selinux": _selinux(root),
        "flower": {
            app["name"]: _flower(app["flower"])
            for app in question.stack["apps"]
            if app["flower"] and question.runs(app["flower"]["service"])
        },
        "homebrew": homebrew(Path(HERE.prefix), root) if HERE.prefix else None,
    }


def _selinux(root: Path) -> dict[str, Any]:
    try:
        enforcing = (root / "sys/fs/selinux/enforce").read_text(encoding="ascii").strip() == "1"
    except OSError:
        return {"enforcing": False, "denials": []}
    lines = tail(str(root / "var/log/audit/audit.log"), AUDIT_LINES) if enforcing else []
    return {"enforcing": enforcing, "denials": [line for line in lines if DENIED.search(line)][-10:]}


def _flower(end: Mapping[str, Any]) -> int:
    connection = http.client.HTTPConnection(end["host"], int(end["port"]), timeout=TIMEOUT)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def homebrew(prefix: Path, root: Path = Path("/"), owner: int = 0) -> dict[str, list[str]]:
    """What `sudo brew services` leaves behind: daemons, and files of the account `owner` below `prefix`."""
    daemons = [
        str(path)
        for name in FORMULAE
        for path in (root / "Library/LaunchDaemons").glob(f"homebrew.mxcl.{name}*.plist")
    ]
    found = [
        path
        for parent in PARENTS
        for name in FORMULAE
        for path in (prefix / parent).glob(f"{name}*")
        if path.lstat().st_uid == owner
    ]
    return {"daemons": daemons, "root_owned": [str(path) for path in found]}
