"""Asks a service's own readiness sign once: a port, an HTTP status or a file."""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.request
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.service import Ready

SECONDS = 2


def signs(ready: Ready) -> bool:
    """Whether there is anything to ask for."""
    return bool(ready.file or ready.tcp or ready.http)


def missing(ready: Ready) -> str:
    """What is still missing, as the end of a sentence; "" when the service is ready."""
    if ready.file:
        return "" if Path(ready.file).exists() else f"`{ready.file}` is not there yet"
    if ready.tcp:
        return _tcp(ready.tcp)
    return _http(ready.http, ready.status) if ready.http else ""


def _tcp(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS).close()
    except OSError as error:
        return f"nothing answers at {address} ({error.strerror or error})"
    return ""


def _http(url: str, wanted: int) -> str:
    # No proxy: the service is on this host or beside it, whatever the shell's http_proxy says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except (OSError, http.client.HTTPException) as error:
        return f"{url} does not answer ({getattr(error, 'reason', error)})"
    return "" if status == wanted else f"{url} answers {status}, not {wanted}"
