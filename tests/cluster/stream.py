"""A steady stream of confirmed messages while something is done to the brokers, and what became of them."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any

from tests.support import ssh
from tests.support.wait import wait_until

PROGRAM = "tests/cluster/publisher.py"
COUNTING = 180


class Stream:
    """Publishes to the queue `name` within the block; afterwards `found` is what publisher.py counted."""

    def __init__(self, site: ssh.Site, name: str) -> None:
        self.site, self.name = site, name
        self.found: dict[str, Any] = {}
        self._log = f"/tmp/{name}.stream"

    def __enter__(self) -> Stream:
        line = f".venv/bin/python {PROGRAM} .state/trio {self.name} > {self._log} 2>&1 & echo $!"
        self._pid = self.site.run(line).out.strip()
        wait_until(lambda: "publishing" in self._said(), 60, "the publisher publishes")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.run(["kill", "-TERM", self._pid], check=kind is None)
        if kind is None:
            wait_until(lambda: "{" in self._said(), COUNTING, "the publisher has counted")
            self.found = json.loads(self._said().splitlines()[-1])

    def leader(self) -> str:
        """The host of the node that leads the queue."""
        name = next(iter(self.site.targets))
        told = (
            self.site.targets[name].run("rabbitmqctl -q list_queues -p app name leader --formatter json").out
        )
        leaders = {one["name"]: one["leader"] for one in json.loads(told)}
        return str(leaders[self.name]).rpartition("@")[2]

    def has_moved_on(self) -> bool:
        """Whether a message was confirmed after a connection was lost."""
        return "again" in self._said()

    def _said(self) -> str:
        return self.site.controller.read(self._log)
