"""Troubles of tasks: what workers threw away, and what ended in the middle. Since their process began."""

from __future__ import annotations

import re

from rabbitry.doctor.checks.celery import workers
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

UNREGISTERED = re.compile(r"Received unregistered task of type '?(?P<task>[^'\s]+)")
LOST = r"Worker exited prematurely|exited with 'signal 9 \(SIGKILL\)'"
TOO_LONG = r"Hard time limit \("
REFUSED = r"Refusing to deserialize (disabled|untrusted) content"


@check("celery/unregistered_task")
def unregistered_task(stack: Stack, seen: Evidence) -> Found | None:
    """A running worker was sent a task that it does not have, or beat is about to send one."""
    app = seen.answers("app")
    known = set(app.get("tasks", ()))
    for worker in workers(stack, seen):
        said = UNREGISTERED.search(seen.said(worker.service, UNREGISTERED.pattern))
        if seen.runs(worker.service) and said:
            task = said["task"]
            why = "runs older code than the release" if task in known else f"has no task `{task}`"
            return Found(f"`{worker.service}` threw a message away: it {why}", (said.string,))
    if app.get("error") or not known:
        return None
    for name, task in app.get("schedule", {}).items():
        if task not in known and not task.startswith("celery."):
            return Found(f"beat's entry `{name}` sends the task `{task}`, which `{stack.app.module}` has not")
    return None


@check("celery/worker_lost")
def worker_lost(stack: Stack, seen: Evidence) -> Found | None:
    """A child of a running worker was killed in the middle of a task."""
    for worker in workers(stack, seen):
        said = seen.said(worker.service, LOST)
        # Celery itself kills the child of a task that took too long, which is another trouble.
        if said and seen.runs(worker.service) and not seen.said(worker.service, TOO_LONG):
            child = seen.said(worker.service, r"Process '.*' pid:\d+ exited with")
            return Found(f"a child process of `{worker.service}` was killed", (child or said,))
    return None


@check("celery/serializer")
def serializer(stack: Stack, seen: Evidence) -> Found | None:
    """A running worker refused a message for how its body is written."""
    for worker in workers(stack, seen):
        said = seen.said(worker.service, REFUSED)
        if said and seen.runs(worker.service):
            return Found(f"`{worker.service}` threw away a message that it may not read", (said,))
    return None
