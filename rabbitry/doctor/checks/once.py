"""Troubles of celery_once, which keeps a lock in Redis for each task that is queued or runs."""

from __future__ import annotations

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

FOR_EVER = -1
# Seconds after which RabbitMQ's numbers of messages count a new task: it writes them down every five.
FRESH = 10
# Where Celery keeps tasks with a countdown.
DELAYED = "celery_delayed_"


@check("once/lock_stuck")
def lock_stuck(stack: Stack, seen: Evidence) -> Found | None:
    """A lock whose task is neither queued nor running, or one that never ends."""
    for lock in seen.answers("redis").get("locks", ()):
        if (lock["idle"] or 0) >= FRESH and _idle(stack, seen):
            until = "for ever" if lock["left"] == FOR_EVER else f"for {lock['left']} s more"
            return Found(
                f"celery_once keeps the task `{lock['task']}` locked {until}, and nothing is queued or runs",
                (f"database {lock['database']}: a key qo_{lock['task']}…",),
            )
    return None


def _idle(stack: Stack, seen: Evidence) -> bool:
    """Whether the broker is here and no task is ready, delayed or with a worker; dead ones do not count."""
    queues = seen.answers("rabbitmq").get("queues")
    if queues is None:
        return False
    if not seen.answers("app").get("conf", {}).get("task_acks_late"):
        return False  # what runs was acknowledged before: it is in no queue
    used = {*stack.app.queues, *seen.answers("app").get("sends_to", ())}
    tasks = [queue for queue in queues if queue["name"] in used or queue["name"].startswith(DELAYED)]
    return not any(queue.get("messages", 0) for queue in tasks)
