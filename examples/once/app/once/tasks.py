"""Tasks that are queued once, each by a rule of its own."""

import time
from typing import Any

from celery import Task, current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded

from once.task import Once

# What ran and when, for whoever wants to know: "name started time", "name ended time".
RUNS = "once:runs"


def note(name: str, what: str) -> None:
    client = current_app.backend.client
    client.rpush(RUNS, f"{name} {what} {time.time():.3f}")
    client.ltrim(RUNS, -500, -1)


@shared_task(base=Once)
def report(name: str, seconds: float = 3) -> str:
    """Equal by all arguments."""
    note(name, "started")
    time.sleep(seconds)
    note(name, "ended")
    return f"report {name}"


@shared_task(base=Once, once_by=("user",))
def refresh(user: int, reason: str) -> str:
    """Equal by the user: why it was asked for does not count."""
    time.sleep(2)
    return f"{user} for {reason}"


@shared_task(base=Once, bind=True, max_retries=2)
def fetch(self: Task, name: str) -> int:
    """Fails once. While it waits to be tried again, it counts as queued."""
    if self.request.retries == 0:
        raise self.retry(countdown=2, exc=ConnectionError(name))
    return int(self.request.retries)


@shared_task(base=Once)
def fail(name: str) -> Any:
    raise ValueError(name)


@shared_task(base=Once, once_seconds=1)
def too_slow(name: str, seconds: float = 3) -> str:
    """Its lock goes before it ends: the next one is queued, and has a lock that this one must leave alone."""
    time.sleep(seconds)
    return name


@shared_task(base=Once, soft_time_limit=1, time_limit=3)
def stuck(name: str) -> None:
    """Does not heed its soft time limit, and is killed by the hard one."""
    try:
        time.sleep(60)
    except SoftTimeLimitExceeded:
        time.sleep(60)
