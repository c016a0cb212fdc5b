"""What `deploy` and `rollback` know of an application: its hosts, what they had in use, the way back."""

from __future__ import annotations

from collections.abc import Mapping

from rabbitry import ansible, report
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.past import HEAD, SHORT, Pair, Past, rows
from rabbitry.report import Progress
from rabbitry.status import pulses

# What the verbs call the only application of a stack.
ONLY = "app"


def choose(environment: Environment, wanted: str) -> tuple[Stack, str]:
    """The stack and the application that `wanted` names; the only one without a name."""
    stack = current(environment)
    if wanted not in ("", ONLY):
        raise StackError(f"no application `{wanted}`: there is `{ONLY}`", f"./inv status{environment.option}")
    return stack, ONLY


def pasts(environment: Environment, stack: Stack, application: str) -> dict[str, Past]:
    """The history of an application on each host that has it; StackError when none has."""
    told = {host: pulse["releases"] for host, pulse in pulses(environment, stack).items()}
    found = {host: Past.read(one[application]) for host, one in told.items() if application in one}
    if not found:
        raise StackError(f"no host has the application `{application}`", f"./inv up{environment.option}")
    return found


def show(environment: Environment, stack: Stack, application: str) -> None:
    """Print what was in use, newest first."""
    report.table(rows(pasts(environment, stack, application)), HEAD)


def back(environment: Environment, pairs: Mapping[str, Pair], run: str, progress: Progress) -> None:
    """Put the given pair of each host in use again, worker by worker."""
    extra = {"rabbitry_pairs": pairs, "rabbitry_run": run}
    ansible.run("rollback", environment, extra=extra, listen=progress.hear)


def tell(before: Mapping[str, Past], after: Mapping[str, Past]) -> None:
    """Print which release every host had and has."""
    table = [(host, _short(before.get(host)), _short(past)) for host, past in after.items()]
    report.line()
    report.table(table, ("host", "before", "now"))


def _short(past: Past | None) -> str:
    return past.current.release[:SHORT] if past and past.current else "-"
