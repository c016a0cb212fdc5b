"""The verb `deploy`: the application's source in use worker by worker, or what ran before runs again."""

from __future__ import annotations

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
            waiting = _proven(environment, stack, progress)
        except StackError as error:
            raise _undone(environment, stack, run, error, progress) from error
    environment.described()
    releases.tell(before, releases.pasts(environment, stack))
    for queue, ready in waiting.items():
        report.line(f"note: {ready} messages wait in queue {queue}, so the proof's task has yet to come")
    report.line(f"\nback   ./inv rollback{environment.option}")


def _proven(environment: Environment, stack: Stack, progress: Progress) -> dict[str, int]:
    """Try a task through every queue; the messages that it has to wait for, by queue.

    Each worker has shown already that it works off its queues, so a long queue is no fault of the release.
    """
    try:
        prove(environment, stack, progress)
    except StackError:
        broker = Overview(stack, pulses(environment, stack)).of(stack.app).broker
        ready = {queue["name"]: queue["ready"] for queue in broker.get("queues", [])}
        if waiting := {queue: ready[queue] for queue in stack.app.queues if ready.get(queue)}:
            return waiting
        raise
    return {}


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
        return StackError(error.message, error.hint, error.detail, more=[*error.faults[1:], *worse.faults])
    told = Fault(
        f"what ran before runs again on {', '.join(pairs)}", f"./inv deploy --list{environment.option}"
    )
    return StackError(error.message, error.hint, error.detail, more=[*error.faults[1:], told])
