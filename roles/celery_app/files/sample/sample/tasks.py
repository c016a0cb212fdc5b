"""Tasks: an easy one, one that logs, one that tries again, and a slow one."""

import time

from celery import Task, shared_task
from celery.utils.log import get_task_logger

logger = get_task_logger(__name__)


@shared_task
def add(x: float, y: float) -> float:
    return x + y


@shared_task(ignore_result=True)
def greet(name: str) -> None:
    """Nobody reads the result, so none is stored: that makes a task more than twice as cheap."""
    logger.info("Hello, %s", name)


class NotYet(Exception):
    """The other side is not ready."""


# Tasks are acknowledged late: one whose worker dies runs again, so write tasks that may run twice.
@shared_task(bind=True, autoretry_for=(NotYet,), retry_backoff=True, retry_backoff_max=60, max_retries=5)
def fetch(self: Task, fails: int = 2) -> str:
    """Fails `fails` times, then succeeds; waits 1, 2, 4 … seconds between the tries, a random part of it."""
    if self.request.retries < fails:
        raise NotYet(f"try {self.request.retries + 1}")
    return f"fetched after {self.request.retries} retries"


@shared_task
def slow(seconds: float = 5) -> float:
    logger.info("working for %s s", seconds)
    time.sleep(seconds)
    return seconds
