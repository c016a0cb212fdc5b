"""Troubles of celery_once, which keeps a lock in Redis for each task that is queued or runs."""

from __future__ import annotations

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack

FOR_EVER = -1


@check("once/lock_stuck")
def lock_stuck(stack: Stack, seen: Evidence) -> Found | None:
    """A lock whose task is neither queued nor running, or one that never ends."""
    for lock in seen.answers("redis").get("locks", ()):
        endless = lock["left"] == FOR_EVER
        if endless or _idle(seen):
            until = "for ever" if endless else f"for {lock['left']} s more, and nothing is queued or runs"
            return Found(
                f"celery_once keeps the task `{lock['task']}` locked {until}",
                (f"database {lock['database']}: a key qo_{lock['task']}…",),
            )
    return None


def _idle(seen: Evidence) -> bool:
    """Whether the broker is on this host and no message is ready or with a worker."""
    queues = seen.answers("rabbitmq").get("queues")
    return queues is not None and not any(queue.get("messages", 0) for queue in queues)
