"""The right to change this machine: root, sudo without a password, or a password asked once."""

from __future__ import annotations

import functools
import getpass
import sys

from rabbitry import host
from rabbitry.errors import StackError

TRIES = 3


def password(verb: str) -> str | None:
    """The sudo password that this user needs here; None for root and for sudo that asks nothing.

    It goes through this process's memory and pipes only: no argument, environment or file carries it.
    """
    return None if is_free() else _asked(verb)


def is_free() -> bool:
    """Whether the work can be done here without a question: on a Mac none of it is root's."""
    return host.is_mac() or host.is_root() or host.run(["sudo", "-n", "true"]).code == 0


def wake() -> None:
    """Let sudo ask on the terminal now, before anything moves on it; its refusal is told by what needs it."""
    if not is_free() and sys.stdin.isatty():
        host.call(["sudo", "-v"])


@functools.cache
def _asked(verb: str) -> str:
    user = getpass.getuser()
    if not sys.stdin.isatty():
        raise StackError(
            f"`{verb}` needs root here: sudo wants the password of {user} and there is no terminal to ask on",
            f"sudo ./inv {verb}",
        )
    for _ in range(TRIES):
        answer = getpass.getpass(f"sudo password of {user}: ")
        if host.run(["sudo", "-S", "-k", "-p", "", "true"], stdin=answer + "\n").code == 0:
            return answer
    raise StackError(f"sudo does not accept {user}: wrong password, or no right to use sudo", "sudo -v")
