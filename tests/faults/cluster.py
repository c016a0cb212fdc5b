"""A cluster of three hosts that carry everything, a client that sends from a fourth, and what breaks them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults.figures import Fault, Ledger
from tests.support.docker import CommandFailed
from tests.support.hosts import Host
from tests.support.ssh import Site
from tests.support.wait import wait_until

VHOST, QUEUE = "app", "default"
BOOK = "/srv/ledger/book.jsonl"
STREAM = "/srv/stream.jsonl"
# Seconds until a cluster must be whole again, a stream flow, and everything that was confirmed have ended.
UP, WHOLE, FLOWS, ENDED = 600, 240, 120, 120
# Seconds for which the steady stream is watched after a fault is over.
AFTER = 8


@dataclass
class Cluster:
    """The hosts `nodes` by name, and `client`; `faults` is what was done to them."""

    site: Site
    env: str
    nodes: Sequence[str]
    client: str
    decisions: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def host(self, name: str) -> Host:
        return self.site.targets[name]

    def inv(self, *words: str, seconds: float = UP) -> str:
        return self.site.inv(*words, "--env", self.env, seconds=seconds).out

    def decide(self, **decisions: Any) -> None:
        """Decide this too, and bring the stack to it."""
        self.decisions |= decisions
        self.site.write(f"inventory/group_vars/{self.env}.yml", json.dumps(self.decisions))
        self.inv("up")

    def ask(self, command: str, *, among: Sequence[str] = ()) -> str:
        """Return what a command prints on the first of the nodes on which it succeeds."""
        for name in among or self.nodes:
            try:
                return self.host(name).run(command, seconds=20).out
            except CommandFailed as error:
                last = error
        raise AssertionError(f"no node answers `{command}`: {last}")

    def queue(self) -> dict[str, Any]:
        """Return leader, members and online members of the stream's queue, as names of hosts."""
        columns = "name leader members online"
        rows = json.loads(self.ask(f"rabbitmqctl -q --formatter json list_queues -p {VHOST} {columns}"))
        (row,) = (row for row in rows if row["name"] == QUEUE)
        return {
            "leader": _host_of(row["leader"]),
            "members": sorted(map(_host_of, row["members"])),
            "online": sorted(map(_host_of, row["online"])),
        }

    def leader(self) -> str:
        return str(self.queue()["leader"])

    def redis_master(self) -> str:
        """Return the host whose Redis says that it is the master, which exactly one may."""
        masters = [name for name in self.nodes if self._replication(name).get("role") == "master"]
        assert len(masters) == 1, f"masters: {masters}"
        return masters[0]

    def _replication(self, name: str) -> dict[str, str]:
        said = self.host(name).run(
            ["redis-cli", "--no-auth-warning", "info", "replication"],
            env={"REDISCLI_AUTH": self.inv("secrets", "redis").strip()},
            check=False,
        )
        return dict(line.strip().split(":", 1) for line in said.out.splitlines() if ":" in line)

    def active_beat(self) -> str:
        """Return the host whose beat sent the last tick."""
        found = {}
        for name in self.nodes:
            last = self.host(name).run(f"grep '\"tick\"' {BOOK} | tail -n 1", check=False).out
            found[name] = json.loads(last)["at"] if last else 0.0
        return max(found, key=lambda name: found[name])

    def check_whole(self) -> bool:
        """AssertionError that says what is missing: a member, a replica, a worker."""
        queue = self.queue()
        assert queue["online"] == sorted(self.nodes), f"queue: {queue}"
        replicas = self._replication(self.redis_master()).get("connected_slaves")
        assert replicas == str(len(self.nodes) - 1), f"replicas of Redis: {replicas}"
        rows = self.ask(
            f"rabbitmqctl -q list_queues -p {VHOST} --no-table-headers name consumers"
        ).splitlines()
        (consumers,) = (int(row.split()[1]) for row in rows if row.split()[0] == QUEUE)
        assert consumers >= len(self.nodes), f"workers on the queue: {consumers}"
        return True

    def kill(self, name: str, program: str) -> None:
        """kill -9 of every process of that name on one host."""
        self.host(name).run(["pkill", "-KILL", "-x", program])

    def books(self) -> Ledger:
        """Return what the stream and all hosts wrote until now."""
        ledger = Ledger()
        places = [(self.client, STREAM), *((name, BOOK) for name in self.nodes)]
        with ThreadPoolExecutor() as pool:
            for text in pool.map(
                lambda place: self.host(place[0]).run(["cat", place[1]], seconds=60).out, places
            ):
                ledger.read(text.splitlines())
        return ledger

    def flows(self) -> bool:
        """AssertionError as long as not every one of the last seconds has tasks that ended."""
        now = time.time()
        ends = [at for at in self.books().ends() if at > now - 4]
        seconds = {int(now - at) for at in ends}
        assert {1, 2, 3} <= seconds, f"tasks ended in the seconds before now: {sorted(seconds)}"
        return True

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Watch the stream around what the block does, until the cluster is whole and the stream flows."""
        wait_until(self.flows, FLOWS, "the stream flows before the fault", every=1)
        began = time.time()
        yield
        healed = time.time()
        wait_until(self.check_whole, WHOLE, f"the cluster is whole after: {name}", every=1)
        wait_until(self.flows, FLOWS, f"the stream flows after: {name}", every=1)
        until = time.time()
        wait_until(lambda: time.time() > until + AFTER, AFTER + 1, "the stream was watched")
        self.faults.append(Fault(name, began, healed, until + AFTER))
        wait_until(
            lambda: not self.lost_before(until), ENDED, f"what was confirmed has ended: {name}", every=2
        )

    def lost_before(self, until: float) -> list[str]:
        """Return the tasks that were confirmed before and have not ended yet."""
        ledger = self.books()
        return [name for name in ledger.lost() if ledger.confirmed[name] < until]


def _host_of(node: str) -> str:
    """Return the host's name in a node's: rabbit@node1, rabbit@node1.example.org."""
    return node.partition("@")[2].partition(".")[0]
