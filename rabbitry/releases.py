"""What `deploy` and `rollback` know of an application: its hosts, what they had in use, the way back."""

from __future__ import annotations

from collections.abc import Mapping

from rabbitry import ansible, report
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import COMPOSE, Stack
from rabbitry.past import HEAD, SHORT, Pair, Past, rows
from rabbitry.report import Progress
from rabbitry.status import pulses


def choose(environment: Environment, wanted: str) -> Stack:
    """The stack with the application alone that `wanted` names, or with its only one.

    StackError for a stack in containers: their images are releases, and `up` replaces containers.
    """
    stack = current(environment).only(wanted, environment.option)
    if stack.runs_on == COMPOSE:
        raise StackError(
            f"the stack `{environment.name}` runs in containers, which have no releases: `up` builds an image"
            " of what the source is now, and replaces them",
            f"./inv up{environment.option}   # for the way back, put the source back first",
        )
    return stack


def pasts(environment: Environment, stack: Stack) -> dict[str, Past]:
    """The history of the application on each host that has it; StackError when none has."""
    application = stack.app.name
    told = {host: pulse["releases"] for host, pulse in pulses(environment, stack).items()}
    found = {host: Past.read(one[application]) for host, one in told.items() if application in one}
    if not found:
        raise StackError(f"no host has the application `{application}`", f"./inv up{environment.option}")
    return found


def show(environment: Environment, stack: Stack) -> None:
    """Print what was in use, newest first."""
    report.table(rows(pasts(environment, stack)), HEAD)


def back(
    environment: Environment, stack: Stack, pairs: Mapping[str, Pair], run: str, progress: Progress
) -> None:
    """Put the given pair of each host in use again, worker by worker."""
    extra = {"rabbitry_app": stack.app.name, "rabbitry_pairs": pairs, "rabbitry_run": run}
    ansible.run("rollback", environment, extra=extra, listen=progress.hear)


def tell(before: Mapping[str, Past], after: Mapping[str, Past]) -> None:
    """Print which release every host had and has."""
    table = [(host, _short(before.get(host)), _short(past)) for host, past in after.items()]
    report.line()
    report.table(table, ("host", "before", "now"))


def _short(past: Past | None) -> str:
    return past.current.release[:SHORT] if past and past.current else "-"
