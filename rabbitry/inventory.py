"""What the inventory says before any host is entered, and how programs of Ansible are started for it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from rabbitry import host
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack


def program(name: str) -> str:
    """Where a program of Ansible is: beside the Python that runs this."""
    return str(Path(sys.executable).with_name(name))


def variables(environment: Environment) -> dict[str, str]:
    """The environment variables of every program of Ansible."""
    return {
        **os.environ,
        **host.tools(),
        "ANSIBLE_CONFIG": str(environment.root / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "RABBITRY_ENV": environment.name,
        "RABBITRY_STATE": str(environment.state),
        "RABBITRY_ON": carrier(environment),
    }


def carrier(environment: Environment) -> str:
    """What carries the stack: as the command line says, else as it was described last, "" for neither."""
    if environment.on or not environment.stack.exists():
        return environment.on
    try:
        return Stack.load(environment.stack).runs_on
    except StackError:
        return ""


def overriding(environment: Environment) -> dict[str, str]:
    """Variables that win over every inventory: what the command line says."""
    return {"stack_runs_on": environment.on} if environment.on else {}


def is_local(environment: Environment) -> bool:
    """Whether every host is this machine, so that this user's sudo password is the one that Ansible needs."""
    if environment.is_described:
        # One of another version cannot be read, and does not matter here.
        with contextlib.suppress(StackError):
            return Stack.load(environment.stack).is_local
    argv = [program("ansible-inventory"), f"--inventory={environment.inventory}", "--list"]
    done = host.run(argv, environment=variables(environment))
    if done.code:
        raise StackError(
            f"`{environment.inventory}` is not an inventory",
            f"{argv[0]} -i {environment.inventory} --list",
            done.errors.splitlines()[-10:],
        )
    hosts = json.loads(done.output)["_meta"]["hostvars"].values()
    return all(facts.get("ansible_connection") == "local" for facts in hosts)
