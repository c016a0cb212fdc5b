"""The verb `fix`: puts known troubles right, after showing what that takes, and proves the stack."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rabbitry import ansible, remedy, report
from rabbitry.entries import entries
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.inventory import carrier
from rabbitry.model import COMPOSE, Stack
from rabbitry.proving import prove

RESTORED = "permissions.json"
SHOWN = 80  # things of one host that are named; all of them are in the log

Remedy = Callable[[Environment, bool, bool], None]


@dataclass(frozen=True)
class Restored:
    """What was put right on a host, one line a thing: `PATH: root:root 0777 -> redis:redis 0640`."""

    host: str
    things: tuple[str, ...]


def fix(
    environment: Environment,
    name: str = "",
    *,
    host: str = "",
    every: bool = False,
    check: bool = False,
    yes: bool = False,
) -> int:
    """Mend the trouble whose entry is called `name`, or with `every` all that doctor finds and is safe to.

    With `check` only tell what would be done, with `yes` do not ask; `host` is the only one to work on. The
    exit code is 1 when something is left.
    """
    if carrier(environment) == COMPOSE:
        raise StackError("`fix` works on hosts: in containers `up` mends", f"./inv up{environment.option}")
    if every:
        return remedy.mend_all(environment, host=host, check=check, yes=yes)
    if name in entries():
        remedy.mend(environment, name, host=host, check=check, yes=yes)
    elif name in REMEDIES:
        REMEDIES[name](environment, check, yes)
    else:
        close = difflib.get_close_matches(name, [*REMEDIES, *entries()], 3, 0.5)
        known = f": did you mean {' or '.join(f'`{one}`' for one in close)}" if close else ""
        problem = f"no fix `{name}`" if name else "which fix is not said"
        raise StackError(f"{problem}{known}", f"./inv doctor{environment.option}")
    return 0


def permissions(environment: Environment, check: bool, yes: bool) -> None:
    """Owners and modes of everything that Rabbitry put on its hosts and that its services write there."""
    if check or not yes:
        plan = _run(environment, check=True)
        _show(plan, "would be put right")
        if check:
            return
        if any(one.things for one in plan) and not report.confirm("Put all this right?"):
            raise StackError("nothing was changed", f"./inv fix permissions --yes{environment.option}")
    (environment.state / RESTORED).unlink(missing_ok=True)
    with report.progress() as progress:
        try:
            ansible.run("permissions", environment, listen=progress.hear)
        finally:
            _show(read(environment), "put right")
        prove(environment, Stack.load(environment.stack), progress)


def _run(environment: Environment, *, check: bool) -> list[Restored]:
    (environment.state / RESTORED).unlink(missing_ok=True)
    with report.progress() as progress:
        ansible.run("permissions", environment, check=check, listen=progress.hear)
    return read(environment)


def read(environment: Environment) -> list[Restored]:
    """What the playbook `permissions` wrote down: {"schema": 1, "hosts": [{"name", "restored": [THING]}]}.

    THING is {"name", "before", "after"}.
    """
    path = environment.state / RESTORED
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"hosts": []}
    return [Restored(host["name"], tuple(map(_line, host["restored"]))) for host in document["hosts"]]


def _line(thing: Mapping[str, str]) -> str:
    return f"{thing['name']}: {thing['before']} -> {thing['after']}"


def _show(hosts: list[Restored], what: str) -> None:
    for one in hosts:
        report.line(f"{one.host}: {len(one.things) or 'nothing'} {what}")
        for thing in one.things[:SHOWN]:
            report.line(f"  {thing}")
        if len(one.things) > SHOWN:
            report.line(f"  and {len(one.things) - SHOWN} more")


REMEDIES: Mapping[str, Remedy] = {"permissions": permissions}
