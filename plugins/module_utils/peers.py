"""How a host sees the others of its stack: whether their names resolve, and whether packets get there."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SECONDS = 2.0
WORKERS = 16


def look(peers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is wrong with peers {name, address, ports: [numbers]}.

    [{name, address, error: why its name does not resolve, "" when it does, closed: {port: why}}]. A port
    where nobody listens is as it should be: before the first run nobody does.
    """
    peers = list(peers)
    with ThreadPoolExecutor(WORKERS) as pool:
        return [found for found in pool.map(_peer, peers) if found["error"] or found["closed"]]


def _peer(peer: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": peer["name"], "address": peer["address"], "error": "", "closed": {}}
    try:
        socket.getaddrinfo(peer["address"], None, type=socket.SOCK_STREAM)
    except OSError as error:
        return {**found, "error": error.strerror or str(error)}
    for port in peer["ports"]:
        if why := _closed(peer["address"], int(port)):
            found["closed"][str(port)] = why
    return found


def _closed(address: str, port: int) -> str:
    """Why packets do not get there; "" when they do, also where nobody listens."""
    try:
        socket.create_connection((address, port), SECONDS).close()
    except TimeoutError:
        return f"no answer within {SECONDS:g} s"
    except OSError as error:
        if error.errno == errno.ECONNREFUSED:
            return ""
        return error.strerror or str(error)
    return ""
