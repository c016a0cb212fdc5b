"""The end of `up` and `restart`: a real task must come back, or the service that is to blame says why."""

from __future__ import annotations

from collections.abc import Callable

from rabbitry import control, secrets, tunnel
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.report import Progress

DEADLINE = 60.0


def prove(
    environment: Environment, stack: Stack, progress: Progress, excuse: Callable[[], str] = lambda: ""
) -> None:
    """Return when every queue has carried a task; StackError with the blamed service's last log lines.

    `excuse` is asked when one has not: what it says then stands in the place of the error.
    """
    from rabbitry import proof
    from rabbitry.promise import Broken

    with progress.step("Proof") as phase:
        try:
            with tunnel.ways(environment, stack) as ways:
                known = secrets.read(environment)
                kept = [one for each in stack.each() for one in proof.prove(each, known, DEADLINE, ways)]
        except StackError as error:
            if said := excuse():
                phase.remark = said
                return
            cause = error.__cause__
            service = cause.service if isinstance(cause, Broken) else ""
            detail = control.last_lines(environment, stack, service) if service else ()
            raise StackError(error.message, error.hint, (*error.detail, *detail)) from error
        phase.remark = f"{len(kept)} of {sum(len(app.queues) for app in stack.apps)} queues carried a task"
