"""Tasks of known length; each writes a line when it begins and one when it ends, whatever comes then."""

from threading import Event

from celery import Task, shared_task
from redis.exceptions import RedisError

from ledger.book import write


@shared_task(bind=True, ignore_result=True)
def plain(self: Task, seconds: float = 0) -> None:
    """May run twice, must run once."""
    write("started", self.request.id, self.name)
    Event().wait(seconds)
    write("finished", self.request.id, self.name)


@shared_task(bind=True, autoretry_for=(RedisError,), retry_backoff=True, retry_backoff_max=4, max_retries=20)
def once(self: Task) -> str:
    """Has its effect once, however often it runs: whoever comes first in Redis has it.

    While nobody is master there it tries again, as every task must that asks another server.
    """
    write("started", self.request.id, self.name)
    if self.backend.client.set(f"ledger:{self.request.id}", 1, nx=True, ex=24 * 3600):
        write("effect", self.request.id, self.name)
    write("finished", self.request.id, self.name)
    return str(self.request.id)


@shared_task(ignore_result=True)
def tick() -> None:
    """Beat's: what counts is when it is sent."""
