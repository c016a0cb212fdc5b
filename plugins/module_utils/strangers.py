"""Finds a RabbitMQ or Redis on the host that Rabbitry did not put there: process, data, configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import is_darwin
from ansible_collections.rabbitry.stack.plugins.module_utils.listeners import unit_of
from ansible_collections.rabbitry.stack.plugins.module_utils.machine import account_name

# What each server looks like: its processes, data that we would take over, and configuration that the
# package does not bring, so that somebody wrote it.
SERVERS: dict[str, dict[str, Any]] = {
    "rabbitmq": {
        "package": "rabbitmq-server",
        "account": "rabbitmq",
        "programs": ("beam.smp",),
        "units": ("rabbitmq-server.service",),
        "data": ("var/lib/rabbitmq/mnesia",),
        "files": (
            "etc/rabbitmq/rabbitmq.conf",
            "etc/rabbitmq/advanced.config",
            "etc/rabbitmq/rabbitmq.config",
        ),
        "service": "rabbitmq-server",
    },
    "redis": {
        "package": "redis-server",
        "account": "redis",
        # Valkey takes its place on some systems of the Red Hat family.
        "programs": ("redis-server", "valkey-server"),
        "units": ("redis-server.service", "redis.service", "valkey.service"),
        "data": (
            "var/lib/redis/dump.rdb",
            "var/lib/redis/appendonlydir",
            "var/lib/valkey/dump.rdb",
            "var/lib/valkey/appendonlydir",
        ),
        "files": (),
        "service": "redis-server",
    },
}


def known() -> dict[str, dict[str, Any]]:
    """What each server looks like on this platform."""
    if not is_darwin():
        return SERVERS
    from ansible_collections.rabbitry.stack.plugins.module_utils import strangers_brew

    return strangers_brew.servers()


def strangers(root: Path, servers: list[str], ours: set[str], node: str = "") -> list[dict[str, Any]]:
    """Servers that are there without us: [{server, package, evidence: [sentence, …]}].

    `ours` holds what the ledgers name: owners, packages and services; `node` our broker's name.
    An installed package alone is no conflict: it is used as it is, and kept when the stack goes.
    """
    found = []
    for server in servers:
        facts = known()[server]
        if ours & {server, facts["package"], facts["service"]}:
            continue
        evidence = running(root, facts, node) + left_behind(root, facts)
        if evidence:
            found.append({"server": server, "package": facts["package"], "evidence": evidence})
    return found


def running(root: Path, facts: dict[str, Any], node: str) -> list[str]:
    """The server's processes that stand in the way, a sentence each.

    In the way is one under the package's unit or account, and a broker with our node name (two of one name
    cannot share an epmd). Others, and those in containers, only matter by their ports.
    """
    if is_darwin():
        from ansible_collections.rabbitry.stack.plugins.module_utils import strangers_brew

        return strangers_brew.running(facts)
    sentences = []
    here = namespace(root, "self")
    for folder in (root / "proc").iterdir() if (root / "proc").is_dir() else []:
        entry = folder.name
        if not entry.isdigit():
            continue
        try:
            program = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
            if program not in facts["programs"] or namespace(root, entry) != here:
                continue
            words = (folder / "cmdline").read_bytes().split(b"\0")
            owner = folder.stat().st_uid
        except OSError:
            continue
        unit = unit_of(root, int(entry))
        named = bool(node) and node.encode() in words
        if named or unit in facts["units"] or (not unit and account_name(owner) == facts["account"]):
            sentences.append(f"process {entry} ({program}{', unit ' + unit if unit else ''}) is running")
    return sentences


def namespace(root: Path, process: str) -> str:
    """The process namespace of a process, "" when it may not be seen: a container has one of its own."""
    try:
        return str((root / "proc" / process / "ns" / "pid").readlink())
    except OSError:
        return ""


def left_behind(root: Path, facts: dict[str, Any]) -> list[str]:
    """Data and hand-written configuration of the server, a sentence each."""
    data = [f"/{path} holds data" for path in facts["data"] if holds_data(root / path)]
    return data + [f"/{path} exists" for path in facts["files"] if (root / path).exists()]


def holds_data(path: Path) -> bool:
    """Whether a file, or anything in a directory, is there; False where it may not be looked at."""
    try:
        return path.is_file() or any(path.iterdir())
    except OSError:
        return False


def data_of(root: Path, servers: list[str]) -> dict[str, bool]:
    """Which of the servers have data on the host, whoever brought it."""
    return {server: any(holds_data(root / path) for path in known()[server]["data"]) for server in servers}
