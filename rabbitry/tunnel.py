"""Ways from here to what a remote host keeps for itself: through ssh, as Ansible enters that host."""

from __future__ import annotations

import contextlib
import shlex
import socket
from collections.abc import Iterator, Sequence

from rabbitry import access, host
from rabbitry.endpoint import Endpoint
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack

ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
CONNECT, ENTER = 2.0, 20.0
# A connection of its own, that ends with it; nobody is there to answer a question.
ALONE = (
    *("-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "BatchMode=yes"),
    *("-o", "ExitOnForwardFailure=yes", "-o", "ServerAliveInterval=15"),
)
READY = "rabbitry: the tunnel is there"
TRIES = 3


@contextlib.contextmanager
def ways(environment: Environment, stack: Stack) -> Iterator[dict[str, tuple[str, int]]]:
    """Where to connect for each endpoint that has another address from here; tunnels end with the block.

    StackError when a host that must be entered for it cannot be.
    """
    found, inside = reach(stack)
    with contextlib.ExitStack() as tunnels:
        for name, there in inside.items():
            places = tunnels.enter_context(_tunnel(words(environment, name), name, list(there.values())))
            found |= dict(zip(there, places, strict=True))
        yield found


def reach(stack: Stack) -> tuple[dict[str, tuple[str, int]], dict[str, dict[str, str]]]:
    """Where endpoints of remote hosts answer here; of the others, by host and name, their address there."""
    direct: dict[str, tuple[str, int]] = {}
    inside: dict[str, dict[str, str]] = {}
    for name, endpoint in stack.ends().items():
        if stack.host(endpoint.on).is_local:
            continue
        here = seen(stack, endpoint)
        if not endpoint.is_loopback and answers(here.host, here.port):
            direct[name] = here.host, here.port
        else:
            there = Endpoint(ANY.get(endpoint.host, endpoint.host), endpoint.port, endpoint.on)
            inside.setdefault(endpoint.on, {})[name] = str(there)
    return direct, inside


def seen(stack: Stack, endpoint: Endpoint) -> Endpoint:
    """An endpoint as it is called from here: a host that listens on all its addresses by the one we know."""
    host = stack.host(endpoint.on)
    every = endpoint.host in ANY and not host.is_local
    return Endpoint(host.address if every else endpoint.host, endpoint.port, endpoint.on)


def answers(address: str, port: int) -> bool:
    """Whether a host can be reached at a port from here; one that refuses has been reached."""
    try:
        socket.create_connection((address, port), CONNECT).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def words(environment: Environment, name: str) -> tuple[str, ...]:
    """The ssh command that enters a host; StackError when it is entered in another way."""
    door = access.read(environment).get(name)
    if door is None or not door.ssh:
        raise StackError(
            f"nobody knows how host {name} is entered by ssh: what listens there cannot be reached from here",
            f"./inv describe{environment.option}",
        )
    return door.ssh


def python(environment: Environment, stack: Stack) -> dict[str, list[str]]:
    """By remote host that has a /proc the command with which Python runs there, as the user who enters it."""
    doors = access.read(environment)
    return {
        each.name: [doors[each.name].ssh[0], *ALONE, *doors[each.name].ssh[1:], "python3", "-"]
        for each in stack.hosts
        if each.name in doors and doors[each.name].ssh and each.supervisor != "launchd"
    }


def pasteable(environment: Environment, stack: Stack) -> list[tuple[str, str]]:
    """(host, command) of the tunnels with which the printed URLs work here, on the same ports."""
    return [
        (
            name,
            shlex.join(
                [
                    *words(environment, name)[:1],
                    *(
                        "-N",
                        *(word for at in there.values() for word in ("-L", f"{at.rpartition(':')[2]}:{at}")),
                    ),
                    *words(environment, name)[1:],
                ]
            ),
        )
        for name, there in reach(stack)[1].items()
    ]


@contextlib.contextmanager
def _tunnel(enter: Sequence[str], name: str, there: Sequence[str]) -> Iterator[list[tuple[str, int]]]:
    """Free ports of this machine that lead to `there`, host:port on the host `name`."""
    program, *destination = enter
    # It ends when nobody holds its standard input any more, however this process ends.
    command = f"echo {shlex.quote(READY)}; cat"
    for left in reversed(range(TRIES)):
        ports = _free(len(there))
        options = [
            word for port, at in zip(ports, there, strict=True) for word in ("-L", f"127.0.0.1:{port}:{at}")
        ]
        argv = [program, *ALONE, *options, *destination, command]
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(host.companion(argv, ready=READY, seconds=ENTER))
            except StackError as error:
                said = [line for line in error.detail if line.strip()] or [error.message]
                if left and any("Address already in use" in line for line in said):
                    continue
                raise StackError(
                    f"no tunnel to host {name}: {said[-1].strip()}", shlex.join([*enter, "true"])
                ) from error
            yield [("127.0.0.1", port) for port in ports]
            return


def _free(count: int) -> list[int]:
    """Ports of this machine that nobody held a moment ago."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in sockets]
