"""Entering remote hosts: who lets us in, the one password that is asked for, all refusals at once."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError

TRIES = 3
# Runs the playbook `access` with a password or without; it writes access.json.
Look = Callable[[str | None], object]


@dataclass(frozen=True)
class Door:
    """How a host is entered: the words of the ssh command (none for another way), the user, how it went."""

    name: str
    ssh: tuple[str, ...]
    user: str
    state: str
    fault: Fault | None = None


@dataclass(frozen=True)
class Access:
    """The doors of an environment and the password that opens them; it is in no argument and no file."""

    doors: Mapping[str, Door]
    secret: str | None = field(default=None, repr=False)

    @property
    def entered(self) -> list[str]:
        return [name for name, door in self.doors.items() if door.state == "entered"]

    @property
    def faults(self) -> dict[str, Fault]:
        return {name: door.fault for name, door in self.doors.items() if door.fault}

    def named(self, state: str) -> list[str]:
        return [name for name, door in self.doors.items() if door.state == state]


_known: dict[Environment, Access] = {}


def enter(environment: Environment, look: Look, *, all_or_none: bool = True) -> Access:
    """Become root on the hosts, once in this process; a password is asked for when a host wants one.

    StackError with the faults of all hosts when one cannot be entered, or none can and not `all_or_none`.
    """
    access = _known.get(environment)
    if access is None:
        look(None)
        access = _asked(environment, Access(read(environment)), look, patient=not all_or_none)
        _known[environment] = access
    if access.faults and (all_or_none or not access.entered):
        raise StackError.of(_told(access))
    return access


def secret(environment: Environment) -> str | None:
    """The password that was asked for; None where none was needed."""
    return _known[environment].secret if environment in _known else None


def refusals(environment: Environment) -> list[Fault]:
    """Why hosts could not be entered by this process, as far as it has tried."""
    return list(_known[environment].faults.values()) if environment in _known else []


def read(environment: Environment) -> dict[str, Door]:
    """The doors as the playbook `access` found them last; none when it never ran."""
    path = environment.state / "access.json"
    if not path.exists():
        return {}
    return {
        each["name"]: Door(
            each["name"],
            tuple(each["ssh"]),
            each["user"],
            each["state"],
            Fault(each["message"], each["hint"]) if "message" in each else None,
        )
        for each in json.loads(path.read_text(encoding="utf-8"))["hosts"]
    }


def _told(access: Access) -> list[Fault]:
    """What ends the verb: a password that can still be asked for is no fault beside others."""
    asked = ", and there is no terminal to ask on"
    wanting = {name: replace(fault, message=fault.message + asked) for name, fault in access.faults.items()}
    return [
        wanting[name] if access.doors[name].state == "password" else fault
        for name, fault in access.faults.items()
        if access.doors[name].state != "password" or not sys.stdin.isatty()
    ]


def _asked(environment: Environment, access: Access, look: Look, *, patient: bool) -> Access:
    """Ask for the password that hosts want; not when another refusal ends the verb anyway."""
    wanting = access.named("password")
    others = len(access.faults) > len(wanting)
    if not wanting or not sys.stdin.isatty() or (others and not patient):
        return access
    users = sorted({access.doors[name].user for name in wanting} - {""})
    question = f"sudo password of {' and '.join(users) or 'the user'} on {', '.join(wanting)}: "
    for _ in range(TRIES):
        typed = getpass.getpass(question)
        look(typed)
        access = Access(read(environment), typed)
        if not [name for name in access.named("wrong") if name in wanting]:
            break
    return access
