"""What RabbitMQ's node finds on its host when it starts: name, cookie, data, configuration, plugins."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.drift import account
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE

COOKIE_LINE = re.compile(r"cookie hash +: (\S+)")
PLUGIN = re.compile(r"\w+")
# Others may be passwords.
SHOWN = re.compile(
    r"consumer_timeout|listeners|management\.tcp|deprecated_features|disk_free|vm_memory|log\."
)
# A log is begun anew before it is larger (log.file.rotation.size).
LOG = 12_000_000


def collect(root: Path = Path("/")) -> dict[str, Any]:
    """Return {"name", "resolves", "cookie", "data", "settings", "plugins"}, of files that are there or not.

    name: rabbit@localhost. resolves: {"host", "addresses", "error", "here": whether one is this machine's}.
    cookie: {"path", "there", "mode", "user", "running": whether the node runs with it, None: unknown}.
    data: {name of a node with data here: seconds since 1970 of its oldest file}.
    settings: {key: value} of rabbitmq.conf, of those that SHOWN names.
    plugins: names that enabled_plugins holds, None without a file.
    """
    base = root / HERE.prefix.lstrip("/")
    folder = base / "etc/rabbitmq"
    environment = _pairs(folder / "rabbitmq-env.conf")
    name = environment.get("NODENAME") or f"rabbit@{socket.gethostname().partition('.')[0]}"
    home = Path(HERE.user_home) if HERE.prefix else root / "var/lib/rabbitmq"
    data = Path(environment.get("MNESIA_BASE") or base / "var/lib/rabbitmq/mnesia")
    log = Path(environment.get("LOG_BASE") or base / "var/log/rabbitmq") / f"{name}.log"
    return {
        "name": name,
        "resolves": resolves(name.rpartition("@")[2]),
        "cookie": cookie(home / ".erlang.cookie", log),
        "data": {path.name: _born(path) for path in sorted(data.glob("*@*")) if (path / "quorum").is_dir()},
        "settings": {
            key: value for key, value in _pairs(folder / "rabbitmq.conf").items() if SHOWN.match(key)
        },
        "plugins": _plugins(folder / "enabled_plugins"),
    }


def resolves(host: str) -> dict[str, Any]:
    """What the resolver makes of a node's host."""
    try:
        found = sorted({str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError) as error:
        return {
            "host": host,
            "addresses": [],
            "error": getattr(error, "strerror", "") or str(error),
            "here": False,
        }
    return {"host": host, "addresses": found, "error": "", "here": any(map(_is_ours, found))}


def cookie(path: Path, log: Path) -> dict[str, Any]:
    """The state of the cookie file; its content only as whether the running node has the same."""
    facts: dict[str, Any] = {"path": str(path), "there": False, "mode": "", "user": "", "running": None}
    with suppress(OSError):
        found = path.lstat()
        facts |= {
            "there": True,
            "mode": f"{found.st_mode & 0o7777:04o}",
            "user": account("user", found.st_uid),
        }
        digest = base64.b64encode(hashlib.md5(path.read_bytes().strip()).digest()).decode()
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG))
            told = COOKIE_LINE.findall(file.read().decode(errors="replace"))
        if told:
            facts["running"] = told[-1] == digest
    return facts


def _pairs(path: Path) -> dict[str, str]:
    found = {}
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, sign, value = line.partition("=")
            if sign and not key.lstrip().startswith("#"):
                found[key.strip().removeprefix("RABBITMQ_")] = _plain(value)
    return found


def _plain(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip()


def _plugins(path: Path) -> list[str] | None:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return PLUGIN.findall(re.sub(r"%.*", "", text))


def _born(path: Path) -> float:
    # Written when the node began and seldom again; most other files are written at each start.
    marks = ("coordination/*/*/config", "schema.DAT", "*.DCD", "msg_stores/vhosts/*/.vhost")
    times = []
    for mark in (found for pattern in marks for found in path.glob(pattern)):
        with suppress(OSError):
            times.append(mark.stat().st_mtime)
    return round(min(times, default=0.0), 2)


def _is_ours(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return True
    return False
