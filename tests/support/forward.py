"""Forwards ports of a test host to this machine by ssh: real clients here use what listens there."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator

from tests.support.remote import Remote
from tests.support.wait import wait_until

OPTIONS = ("-N", "-o", "ExitOnForwardFailure=yes", "-o", "ControlPath=none", "-o", "BatchMode=yes")


@contextlib.contextmanager
def forwarded(machine: Remote, port: int, address: str = "127.0.0.1") -> Iterator[int]:
    """Yield a port of this machine that leads to `address`:`port` as the test host sees it."""
    known = machine.vars
    local = _free_port()
    command = ["ssh", *OPTIONS, "-L", f"127.0.0.1:{local}:{address}:{port}"]
    command += ["-i", str(known["ansible_private_key_file"]), "-p", str(known["ansible_port"])]
    # Molecule's own options hold the file of known hosts.
    command += [*str(known.get("ansible_ssh_common_args", "")).split(), "-l", str(known["ansible_user"])]
    process = subprocess.Popen([*command, str(known["ansible_host"])], stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(local), 20, f"ssh forwards port {port}")
        yield local
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found: int = listener.getsockname()[1]
        return found


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
