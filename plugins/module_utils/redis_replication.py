"""Who is master among several Redis: asks the sentinels first, then the servers themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused, Session

POLL = 0.1
Answer = TypeVar("Answer")
# Replicas that are further behind would lose writes if one of them took over.
ONLINE = "state=online"
# What Sentinel answers while it does not know its replicas well enough, or is at it already.
NOT_YET = ("NOGOODSLAVE", "INPROG")


class CannotReplicate(Exception):
    """Going on would lose data, or nobody can take over; `hint` is a command that can be pasted."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Group:
    """Several Redis, each with a Sentinel beside it; `passwords` are tried in their order."""

    name: str
    nodes: Sequence[str]
    port: int
    sentinel_port: int
    passwords: Sequence[str]

    def master(self) -> str:
        """The address of the master: by the sentinels' newest word, or the servers', or the first node."""
        with ThreadPoolExecutor(max(1, len(self.nodes))) as pool:
            heard = [one for one in pool.map(self._of_sentinel, self.nodes) if one]
            if heard:
                return max(heard)[1]
            seen = [one for one in pool.map(self._of_server, self.nodes) if one]
        return max(seen, key=lambda one: one[0])[1] if seen else self.nodes[0]

    def _of_sentinel(self, node: str) -> tuple[int, str] | None:
        """(epoch of its configuration, the master's address) as one sentinel says."""

        def ask(session: Session) -> tuple[int, str]:
            facts = session.pairs("SENTINEL", "MASTER", self.name)
            return int(facts["config-epoch"]), facts["ip"]

        return self.ask(node, self.sentinel_port, ask)

    def _of_server(self, node: str) -> tuple[int, str] | None:
        """(how much speaks for it, the master's address) as one server says: replicas, then keys."""

        def ask(session: Session) -> tuple[int, str]:
            found = session.info("replication")
            if found["role"] != "master":
                return int(found["master_link_status"] == "up") * 10**9, found["master_host"]
            return int(found["connected_slaves"]) * 10**9 + keys(session), node

        return self.ask(node, self.port, ask)

    def ask(self, node: str, port: int, question: Callable[[Session], Answer]) -> Answer | None:
        """The answer of one process, None when it is not there or lets us in by no password."""
        for password in self.passwords:
            try:
                with Session(node, port, password) as session:
                    return question(session)
            except Refused:
                continue
            except NotReady:
                return None
        return None


def keys(session: Session) -> int:
    """How many keys all databases of a server have together."""
    found = session.info("keyspace")
    return sum(
        int(text.split(",")[0].removeprefix("keys=")) for name, text in found.items() if name[:2] == "db"
    )


def holds_data(directory: Path) -> bool:
    """Whether a Redis that does not run has written something there."""
    dumped = any(one.stat().st_size for one in directory.glob("*.rdb"))
    return dumped or any(one.stat().st_size for one in directory.glob("appendonlydir/*.incr.aof"))


def refuse_loss(group: Group, own: str, master: str, here: str, directory: Path) -> None:
    """Raise CannotReplicate when this server has data of its own, which it would drop as a replica."""
    if own == master:
        return
    count = group.ask(here, group.port, lambda s: keys(s) if s.info("replication")["role"] == "master" else 0)
    if count or (count is None and holds_data(directory)):
        what = f"{count} keys" if count else f"data in `{directory}`"
        raise CannotReplicate(
            f"Redis at {own} has {what}, which it would drop as a replica of {master}",
            f"sudo systemctl stop redis-server && sudo mv {directory} {directory}.before",
        )


def hand_over(group: Group, here: str, seconds: float) -> str:
    """Let another server become master when the one `here` is it and has replicas; return who it is, or "".

    Raises CannotReplicate when none takes over within `seconds`.
    """
    deadline = time.monotonic() + seconds
    said = ""
    asked = False
    while True:
        found = group.ask(here, group.port, lambda session: session.info("replication"))
        if found is None or (not asked and (found["role"] != "master" or found["connected_slaves"] == "0")):
            return ""
        if asked and found["role"] != "master":
            return found["master_host"]
        if not asked and any(ONLINE in text for name, text in found.items() if name.startswith("slave")):
            said = group.ask(here, group.sentinel_port, lambda session: _fail_over(session, group.name)) or ""
            asked = not said
        if time.monotonic() > deadline:
            raise CannotReplicate(
                f"no replica of the Redis at {here}:{group.port} took over within {seconds:g} s"
                + (f": {said}" if said else ""),
                f"redis-cli -h {here} -p {group.sentinel_port} --askpass SENTINEL MASTER {group.name}",
            )
        time.sleep(POLL)


def _fail_over(session: Session, name: str) -> str:
    """Ask for it; "" when it begins, what Sentinel says when it cannot yet."""
    try:
        session.call("SENTINEL", "FAILOVER", name)
    except Refused as refused:
        if refused.code in NOT_YET:
            return str(refused)
        raise
    return ""
