"""The verb `deploy`: the application's source in use worker by worker, or what ran before runs again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from rabbitry import ansible, releases, report
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import Stack
from rabbitry.overview import Overview
from rabbitry.proving import prove
from rabbitry.report import Progress
from rabbitry.rollback import new_run
from rabbitry.status import pulses


def deploy(environment: Environment, name: str = "", *, history: bool = False) -> None:
    """Build, check, put in use and prove; with `history` only show what was in use.

    StackError when the release does not work: then every host runs again what it ran before.
    """
    stack = releases.choose(environment, name)
    if history:
        releases.show(environment, stack)
        return
    before = releases.pasts(environment, stack)
    run = new_run()
    with report.progress() as progress:
        try:
            extra = {"rabbitry_app": stack.app.name, "rabbitry_run": run}
            ansible.run("deploy", environment, extra=extra, listen=progress.hear)
            prove(environment, stack, progress, partial(_waiting, environment, stack))
        except StackError as error:
            raise _undone(environment, stack, run, error, progress) from error
    releases.tell(before, releases.pasts(environment, stack))
    report.line(f"\nback   ./inv rollback{environment.option}")


def _waiting(environment: Environment, stack: Stack) -> str:
    """Behind how many messages the proof's tasks wait; "" when nothing is in their way.

    Each worker has shown already that it works its queues off: a long one is no fault of the release.
    """
    broker = Overview(stack, pulses(environment, stack)).of(stack.app).broker
    ready = {queue["name"]: queue["ready"] for queue in broker.get("queues", [])}
    found = [f"{ready[queue]} in {queue}" for queue in stack.app.queues if ready.get(queue)]
    return f"messages wait before it: {', '.join(found)}" if found else ""


def _undone(
    environment: Environment, stack: Stack, run: str, error: StackError, progress: Progress
) -> StackError:
    """Take the release back from hosts on which it works, when it does not on another one; what to say."""
    try:
        now = releases.pasts(environment, stack)
        mine = {host: past for host, past in now.items() if past.current and past.current.run == run}
        pairs = {host: past.before for host, past in mine.items() if past.before}
        if not pairs:
            return error
        releases.back(environment, stack, pairs, run, progress)
    except StackError as worse:
        return _with(error, worse.faults)
    told = Fault(
        f"what ran before runs again on {', '.join(pairs)}", f"./inv deploy --list{environment.option}"
    )
    return _with(error, [told])


def _with(error: StackError, more: Iterable[Fault]) -> StackError:
    """The same error, with more that is to say."""
    return StackError.of([*error.faults, *more], error.exit_code)
