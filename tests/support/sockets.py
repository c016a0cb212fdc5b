"""Tells what listens on a test host, by the kernel's own tables."""

from __future__ import annotations

from tests.support.remote import Remote

SOURCE = """
import ipaddress, json, pathlib, subprocess, sys
def listening():
    for table, size in (("tcp", 4), ("tcp6", 16)):
        path = pathlib.Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else []:
            words = line.split()
            if words[3] == "0A":
                address, port = words[1].split(":")
                raw = b"".join(bytes.fromhex(address[at:at + 8])[::-1] for at in range(0, size * 2, 8))
                yield str(ipaddress.ip_address(raw)), int(port, 16)
def meanwhile(*command):
    found, running = set(), subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while running.poll() is None:
        found.update(listening())
    return found if running.returncode == 0 else exit(f"{command} ended with {running.returncode}")
"""
SSH = 22


def listening(machine: Remote) -> set[tuple[str, int]]:
    """Return address and port of everything that listens for TCP there, but the ssh of the test itself."""
    return _told(machine, "listening()")


def listening_during(machine: Remote, *command: str) -> set[tuple[str, int]]:
    """Return all that listened at any moment while a command ran there, which has to end with 0."""
    return _told(machine, "meanwhile(*sys.argv[1:])", *command)


def beyond_loopback(machine: Remote) -> set[tuple[str, int]]:
    """Return what others than the host itself could reach."""
    return {(address, port) for address, port in listening(machine) if not is_loopback(address)}


def is_loopback(address: str) -> bool:
    """Say whether an address is reached from its own host only."""
    return address == "::1" or address.removeprefix("::ffff:").startswith("127.")


def _told(machine: Remote, call: str, *arguments: str) -> set[tuple[str, int]]:
    told = machine.script(f"{SOURCE}print(json.dumps(list({call})))", *arguments)
    return {(address, port) for address, port in told if port != SSH}
