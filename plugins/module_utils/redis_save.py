"""Asks a Redis of the ledger where it saves and whether it can, and lets it save again after a repair."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused, Session

SECONDS = 60.0  # for one save
POLL = 0.05


@dataclass(frozen=True)
class Server:
    """A Redis as the ledger describes its service: address, configuration file and data directory."""

    host: str
    port: int
    config: str
    data: str

    @property
    def address(self) -> str:
        """`127.0.0.1:6379`."""
        return f"{self.host}:{self.port}"


class CannotSave(Exception):
    """Redis tried to save and could not."""


def servers(entries: Iterable[Mapping[str, Any]]) -> list[Server]:
    """The Redis servers among the services of a ledger."""
    found = []
    for entry in entries:
        definition = entry.get("definition") or {}
        command = definition.get("command") or []
        address = (definition.get("ready") or {}).get("tcp", "")
        if entry["kind"] == "service" and entry["name"] == "redis-server" and len(command) > 1 and address:
            host, _, port = address.rpartition(":")
            found.append(
                Server(host.strip("[]"), int(port), declared(command), definition.get("working_dir") or "/")
            )
    return found


def declared(command: Sequence[str]) -> str:
    """The file of declared settings on a command line; one that replicates includes it after its own."""
    place = command.index("--include") + 1 if "--include" in command[:-1] else 1
    return str(command[place])


def writes_to(server: Server, password: str) -> dict[str, str]:
    """`dir` and `dbfilename` of the running server; nothing when it does not answer or let us in."""
    try:
        with Session(server.host, server.port, password) as session:
            return session.pairs("CONFIG", "GET", "dir") | session.pairs("CONFIG", "GET", "dbfilename")
    except (NotReady, Refused):
        return {}


def refuses_writes(server: Server, password: str) -> bool:
    """Whether its last save failed, after which it takes no more writes; False when it does not answer."""
    try:
        with Session(server.host, server.port, password) as session:
            return _failed(session)
    except (NotReady, Refused):
        return False


def save_again(server: Server, password: str, seconds: float = SECONDS) -> bool:
    """Let a server whose last save failed save again; False when there was no need, or nobody answers.

    Raises CannotSave.
    """
    deadline = time.monotonic() + seconds
    try:
        with Session(server.host, server.port, password) as session:
            if not _failed(session):
                return False
            # `SCHEDULE`: while the append-only file is rewritten a plain BGSAVE is refused.
            session.call("BGSAVE", "SCHEDULE")
            while _failed(session):
                if time.monotonic() > deadline:
                    raise CannotSave(f"Redis at {server.address} still cannot save to `{server.data}`")
                time.sleep(POLL)
    except (NotReady, Refused):
        return False
    return True


def _failed(session: Session) -> bool:
    return session.info("persistence").get("rdb_last_bgsave_status") == "err"
