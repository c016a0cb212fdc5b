"""Tasks that end in each way that a task can end."""

from celery import Task, shared_task


@shared_task
def add(x: float, y: float) -> float:
    return x + y


@shared_task
def fail() -> None:
    raise ValueError("this task always fails")


@shared_task(bind=True)
def fail_once(self: Task) -> int:
    """Asks to be tried again, then returns how often it was."""
    if self.request.retries == 0:
        raise self.retry(countdown=1, exc=ValueError("not yet"))
    return int(self.request.retries)
