"""Brings the plugins that run in a RabbitMQ to the declared set, whatever its file of enabled plugins says.

Whoever turns a plugin on or off by hand changes the file and the running node; the file is put right without
a restart. Which plugins the declared ones bring along only the node knows: what ran once with the declared
set is written down and compared later. A node that just started for the first time cannot run anything but
its file, and is not waited for: the API needs up to five seconds to hear what runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError

PREFIX = "rabbitmq_"
# The API hears a second after the start, and then every five seconds, what runs.
SECONDS = 8
PAUSE = 0.2
NODES = "/api/nodes?columns=name,applications"
# What the tool says when the node runs them already, by RabbitMQ 4 and 3.
UNCHANGED = ("Plugin configuration unchanged", "nothing to do.")

Entry = Mapping[str, Any]


def names(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the plugins that run by the API's answer to ``NODES``, also those that others need."""
    running = {str(one["name"]) for node in nodes for one in node.get("applications") or []}
    return sorted(name for name in running if name.startswith(PREFIX))


def turned(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return words for every plugin that was turned on or off; none while nobody knows what runs or ran."""
    if not now or not before:
        return []
    on = [f"plugin `{name}` is on" for name in sorted(set(now) - set(before))]
    return on + [f"plugin `{name}` is off" for name in sorted(set(before) - set(now))]


class Plugins:
    """The plugins of the node behind ``broker``: ``declared`` is the whole set, ``file`` where it is kept."""

    def __init__(self, broker: Broker, declared: Sequence[str], file: str) -> None:
        self.broker = broker
        self.declared = sorted(set(declared))
        self.file = Path(file)

    def running(self) -> list[str]:
        """Return the plugins that run now, also those that others need; BrokerError."""
        return names(self.broker.get(NODES))

    def differences(self, running: Sequence[str], known: Entry | None) -> list[str]:
        """Return words for every plugin that was turned on or off since ``known``, the ledger's entry."""
        return turned(self._before(known), running)

    def converge(self, known: Entry | None) -> tuple[list[str], list[str]]:
        """Turn on and off what differs; return the differences and what runs now, as far as known.

        BrokerError when a declared plugin does not run.
        """
        if known is None:
            running = self.running()
            return [], [] if self._missing(running) else running
        before = self._before(known)
        running = self._wait(lambda now: now == before) if before else []
        found = self.differences(running, known)
        if (found or not before) and self.set() and not found:
            # Nobody wrote down what this set brings along, so what was turned cannot be told by name.
            found = ["plugins"]
        running = self._wait(lambda now: now == before if before else not self._missing(now))
        missing = self._missing(running)
        if missing:
            message = (
                f"plugin `{missing[0]}` is declared and RabbitMQ does not run it: it has none of that name"
            )
            raise BrokerError(message, "rabbitmq-plugins list --minimal")
        return found, running

    def _before(self, known: Entry | None) -> list[str]:
        return list(known["running"]) if known and known["declared"] == self.declared else []

    def _missing(self, running: Sequence[str]) -> list[str]:
        return [name for name in self.declared if name.startswith(PREFIX) and name not in running]

    def _wait(self, condition: Callable[[list[str]], bool]) -> list[str]:
        """Return what runs as soon as ``condition`` holds for it, or when the API must have heard of all."""
        deadline = time.monotonic() + SECONDS
        while True:
            running = self.running()
            if condition(running) or time.monotonic() >= deadline:
                return running
            time.sleep(PAUSE)

    def set(self) -> bool:
        """Let the node run exactly the declared plugins; say whether it ran others. Raises BrokerError."""
        content = files.read(self.file)
        status = files.status(self.file)
        said = self.broker.tool("rabbitmq-plugins", "set", *self.declared)
        if content is not None and status is not None:
            # The tool breaks lines its own way, and the file becomes that of whoever runs it.
            files.write(self.file, content, status.st_mode & 0o7777, status.st_uid, status.st_gid)
        return not any(words in said for words in UNCHANGED)
