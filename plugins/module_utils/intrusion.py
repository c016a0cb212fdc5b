"""Tells intrusions from what an operator breaks: they are reported and never repaired."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files, redis_save, redis_settings

ADVICE = "take the host off the net first and change nothing there: what you see is evidence"
# Where a file that somebody else has written is run, believed or served.
PLACES = (
    "/etc",
    "/root",
    "/boot",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/var/spool/cron",
    "/var/www",
    "/srv/www",
)
TELLING = re.compile(r"cron|\.ssh|www|htdocs|public_html|systemd|profile\.d", re.I)

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Sign:
    """One sentence with the evidence, and what to look at; its command changes nothing."""

    message: str
    hint: str

    @classmethod
    def of(cls, why: str, path: str) -> Sign:
        """A sign of an intrusion at a path."""
        return cls(
            f"{why}: that smells of an intrusion", f"ls -la {shlex.quote(path)}; last -n 20   # {ADVICE}"
        )

    def as_dict(self) -> dict[str, str]:
        """{message, hint}, as results carry it."""
        return {"message": self.message, "hint": self.hint}


def smells(directory: str, name: str, declared: str) -> bool:
    """Whether a Redis that writes to `directory`/`name`, not to what is declared, is used to break in."""
    inside = PurePosixPath(directory).is_relative_to(declared)
    if inside:
        return bool(name) and not name.endswith(".rdb")
    below = any(PurePosixPath(directory).is_relative_to(place) for place in PLACES)
    return below or bool(TELLING.search(directory)) or (bool(name) and not name.endswith(".rdb"))


def of_redis(entries: Iterable[Entry], password: str = "") -> list[Sign]:
    """Whether the Redis of these ledger entries writes, or is to write, where an intruder wants it.

    The running server is asked when it answers and lets the password in.
    """
    known = list(entries)
    found = []
    for server in redis_save.servers(known):
        names = [one["name"] for one in known if one["kind"] == "file" and str(one["name"]).endswith(".conf")]
        for path in (Path(name) for name in names if Path(name).parent == Path(server.config).parent):
            configured = _configured(path)
            if smells(configured.get("dir", server.data), configured.get("dbfilename", ""), server.data):
                found.append(_sign(f"`{path}` makes Redis write to", configured, server.data, str(path)))
        running = redis_save.writes_to(server, password)
        if smells(running.get("dir", server.data), running.get("dbfilename", ""), server.data):
            found.append(_sign(f"Redis at {server.address} writes to", running, server.data, running["dir"]))
    return found


def _configured(path: Path) -> dict[str, str]:
    try:
        content = files.read(path) or b""
    except (files.Refused, OSError):
        return {}
    words = redis_settings.parse(content.decode(errors="replace"))
    return {key: words[key][0] for key in ("dir", "dbfilename") if words.get(key)}


def _sign(what: str, where: Mapping[str, str], declared: str, path: str) -> Sign:
    place = PurePosixPath(where.get("dir", declared)) / where.get("dbfilename", "dump.rdb")
    return Sign.of(f"{what} `{place}`, and `{declared}` is declared", path)
