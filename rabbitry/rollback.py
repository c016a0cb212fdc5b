"""The verb `rollback`: the release from before, or a named one that is still there, and proof of it."""

from __future__ import annotations

import os
import time

from rabbitry import past, releases, report
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.proving import prove


def rollback(environment: Environment, name: str = "", *, to: str = "", history: bool = False) -> None:
    """Put what was in use before in use again on every host, or the release whose digest begins with `to`.

    With `history` only show what was in use. StackError when a host has nothing to go back to: nothing is
    changed then.
    """
    stack = releases.choose(environment, name)
    if history:
        releases.show(environment, stack)
        return
    before = releases.pasts(environment, stack)
    pairs, faults = past.targets(before, to, environment.option)
    if faults:
        raise StackError.of(faults)
    if not pairs:
        report.line(f"every host has release {to} in use already")
        return
    with report.progress() as progress:
        releases.back(environment, stack, pairs, new_run(), progress)
        prove(environment, stack, progress)
    releases.tell(before, releases.pasts(environment, stack))
    again = f"./inv deploy{environment.option}"
    report.line(f"\nUntil the source changes, `up` leaves it at that; {again} puts the source in use again.")


def new_run() -> str:
    """A name for one deployment, the same on all hosts."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
