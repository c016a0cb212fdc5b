"""Talks to Rabbitry's supervisord over its socket, and reads what its log tells of crashes."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import tail
from ansible_collections.rabbitry.stack.plugins.module_utils.supervisord import LOG, SOCKET

SECONDS = 30
LOG_LINES = 1000


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(SOCKET)


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _Connection("localhost")


def call(method: str, *arguments: Any) -> Any:
    """One call of supervisord's API; raises OSError when it does not run, xmlrpc's Fault when it refuses."""
    # A new connection each time: a supervisord that was restarted must not answer with a broken pipe.
    with xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=_Transport()) as proxy:
        return getattr(proxy.supervisor, method)(*arguments)


def processes() -> dict[str, dict[str, Any]]:
    """What supervisord says of its programs, by name; empty when it does not run."""
    try:
        return {info["name"]: info for info in call("getAllProcessInfo")}
    except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
        return {}


def pid() -> int:
    """The pid of the running supervisord, 0 when none answers, also when it is about to end."""
    try:
        return int(call("getPID"))
    except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
        return 0


def crashes() -> dict[str, tuple[int, str]]:
    """How often each program ended by itself since it was last stopped on purpose, and how the last time."""
    found: dict[str, tuple[int, str]] = {}
    for line in tail(LOG, LOG_LINES):
        head, _, rest = line.partition(": ")
        verb, (name, _, how) = head.rpartition(" ")[2], rest.partition(" ")
        if verb in ("exited", "spawnerr"):
            found[name] = (found.get(name, (0, ""))[0] + 1, how.strip("()").partition(";")[0])
        elif verb == "stopped":
            found[name] = (0, "")
        elif "supervisord started with pid" in line:
            found.clear()
    return found
