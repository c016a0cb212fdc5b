"""Tasks that are queued once by the package celery_once."""

import time

from celery import current_app, shared_task
from celery_once import QueueOnce

# What ran, for whoever wants to know: "name started", "name ended".
RUNS = "jobs:runs"


def note(name: str, what: str) -> None:
    client = current_app.backend.client
    client.rpush(RUNS, f"{name} {what}")
    client.ltrim(RUNS, -500, -1)


@shared_task(base=QueueOnce, once={"graceful": True})
def collect(name: str, seconds: float = 3) -> str:
    """For beat: one that is queued already is rejected, which is no error."""
    note(name, "started")
    time.sleep(seconds)
    note(name, "ended")
    return f"collected {name}"


@shared_task(base=QueueOnce)
def build(name: str, seconds: float = 1) -> str:
    """A second call raises AlreadyQueued."""
    time.sleep(seconds)
    return f"built {name}"


@shared_task(base=QueueOnce, once={"keys": ["user"]})
def refresh(user: int, reason: str) -> str:
    """Equal by the user: why it was asked for does not count."""
    time.sleep(1)
    return f"{user} for {reason}"


@shared_task(base=QueueOnce, once={"timeout": 1})
def too_slow(name: str, seconds: float = 3) -> str:
    """Its lock goes before it ends."""
    time.sleep(seconds)
    return name
