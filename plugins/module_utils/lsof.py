"""The TCP sockets of a Mac, read from `lsof`; without root they are those of the calling account."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIELDS = "-FpcLfnT"
ADDRESS = re.compile(r"(.+):(\d+)\Z")


@dataclass(frozen=True)
class Socket:
    """One socket: its own address and port, LISTEN or ESTABLISHED, and who holds it."""

    pid: int
    program: str
    user: str
    address: str
    port: int
    state: str


def ask() -> list[Socket]:
    """Listening and established sockets; none when lsof finds none (it then ends with 1)."""
    done = subprocess.run(
        ["lsof", "-nP", "-iTCP", "-sTCP:LISTEN,ESTABLISHED", FIELDS],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        capture_output=True, text=True, errors="replace", check=False, timeout=20,
    )  # fmt: skip
    return parse(done.stdout)


def parse(text: str) -> list[Socket]:
    """What `lsof -F pcLfnT` says: a line is a field; p opens a process, f a socket, T…ST= is its state."""
    found: list[Socket] = []
    process = {"p": "0", "c": "", "L": ""}
    name = state = ""

    def close() -> None:
        address = ADDRESS.match(name.partition("->")[0])
        if address:
            plain = {"*": "0.0.0.0"}.get(address[1], address[1].strip("[]"))
            # Only listening sockets are printed without a state when -s chose them.
            found.append(
                Socket(
                    int(process["p"]), process["c"], process["L"], plain, int(address[2]), state or "LISTEN"
                )
            )

    for line in [*text.splitlines(), "f"]:
        field, value = line[:1], line[1:]
        if field in ("p", "f"):
            close()
            name = state = ""
        if field == "p":
            process = {"p": value, "c": "", "L": ""}
        elif field in process:
            process[field] = value
        elif field == "n":
            name = value
        elif field == "T" and value.startswith("ST="):
            state = value[3:]
    return list(dict.fromkeys(found))


def ports_of(
    families: Mapping[str, Iterable[int]], sockets: Iterable[Socket]
) -> dict[str, dict[str, list[int]]]:
    """By service, whose processes are given: {"listens": ports, "from": local ports of open connections}."""
    found = {}
    sockets = list(sockets)
    for service, pids in families.items():
        mine = {(one.state, one.port) for one in sockets if one.pid in set(pids)}
        found[service] = {
            key: sorted(port for state, port in mine if state == wanted)
            for key, wanted in (("listens", "LISTEN"), ("from", "ESTABLISHED"))
        }
    return found
