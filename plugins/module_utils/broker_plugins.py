"""Brings the plugins that run in a RabbitMQ to the declared set, whatever its file of enabled plugins says.

Whoever turns a plugin on or off by hand changes the file and the running node; both are put right by the
node's own tool, without a restart. Which plugins the declared ones bring along it tells too: that is written
down, and compared by runs without changes with what the management API hears some seconds late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError

PREFIX = "rabbitmq_"
API = "rabbitmq_management"
# An application of every node, and no plugin.
PRELAUNCH = "rabbitmq_prelaunch"
NODES = "/api/nodes?columns=name,applications"
CONFIGURED = "The following plugins have been configured:"
NOT_FOUND = re.compile(r"plugins were not found: *([\w, ]+)")
# What the tool says when the node runs them already.
UNCHANGED = ("Plugin configuration unchanged", "nothing to do.")

Entry = Mapping[str, Any]


def names(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the plugins that run by the API's answer to ``NODES``, also those that others need.

    None of them for an answer without the API's own plugin: it was taken while the node was still starting.
    """
    running = {str(one["name"]) for node in nodes for one in node.get("applications") or []}
    return _plugins(running) if API in running else []


def _plugins(applications: Iterable[str]) -> list[str]:
    return sorted({name for name in applications if name.startswith(PREFIX)} - {PRELAUNCH})


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
        """Turn on and off what differs; return the differences and what runs now, empty while nobody knows.

        A node that just started for the first time runs what its file says and is not asked: the tool costs
        a second. BrokerError when a declared plugin does not exist.
        """
        if known is None:
            return [], []
        found = self.differences(self.running(), known)
        turned_any, running = self.set()
        # By name only where the API has heard of it and somebody wrote down what the set brings along.
        return (found or ["plugins"]) if turned_any else [], running

    def _before(self, known: Entry | None) -> list[str]:
        return list(known["running"]) if known and known["declared"] == self.declared else []

    def set(self) -> tuple[bool, list[str]]:
        """Let the node run exactly the declared plugins; say whether it ran others, and all that it runs."""
        content = files.read(self.file)
        status = files.status(self.file)
        try:
            said = self.broker.tool("rabbitmq-plugins", "set", *self.declared)
        except BrokerError as error:
            missing = NOT_FOUND.search(" ".join(error.log))
            if not missing:
                raise
            message = f"plugin `{missing[1].strip()}` is declared and RabbitMQ has none of that name"
            raise BrokerError(message, "rabbitmq-plugins list --minimal") from error
        if content is not None and status is not None:
            # The tool breaks lines its own way, and the file becomes that of whoever runs it.
            files.write(self.file, content, status.st_mode & 0o7777, status.st_uid, status.st_gid)
        listed = re.findall(r"^ +(\w+)$", said.partition(CONFIGURED)[2], re.M)
        return not any(words in said for words in UNCHANGED), _plugins(listed)
