"""Tells what listens on a test host, by the kernel's own tables."""

from __future__ import annotations

from tests.support.remote import Remote

SOURCE = """
import ipaddress, json, pathlib
found = []
for table, size in (("tcp", 4), ("tcp6", 16)):
    path = pathlib.Path("/proc/net") / table
    for line in path.read_text().splitlines()[1:] if path.exists() else []:
        words = line.split()
        if words[3] == "0A":
            address, port = words[1].split(":")
            raw = b"".join(bytes.fromhex(address[at:at + 8])[::-1] for at in range(0, size * 2, 8))
            found.append([str(ipaddress.ip_address(raw)), int(port, 16)])
print(json.dumps(found))
"""
SSH = 22


def listening(machine: Remote) -> set[tuple[str, int]]:
    """Return address and port of everything that listens for TCP there, but the ssh of the test itself."""
    return {(address, port) for address, port in machine.script(SOURCE) if port != SSH}


def beyond_loopback(machine: Remote) -> set[tuple[str, int]]:
    """Return what others than the host itself could reach."""
    return {(address, port) for address, port in listening(machine) if not _is_loopback(address)}


def _is_loopback(address: str) -> bool:
    return address == "::1" or address.removeprefix("::ffff:").startswith("127.")
