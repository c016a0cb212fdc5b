"""Tasks of known length; each writes a line when it begins and one when it ends, whatever comes then."""

import time

from celery import Task, shared_task

from ledger.book import write


@shared_task(bind=True, ignore_result=True)
def plain(self: Task, seconds: float = 0) -> None:
    """May run twice, must run once."""
    write("started", self.request.id, self.name)
    time.sleep(seconds)
    write("finished", self.request.id, self.name)


@shared_task(bind=True)
def once(self: Task) -> str:
    """Has its effect once, however often it runs: whoever comes first in the result backend has it."""
    write("started", self.request.id, self.name)
    if self.backend.client.set(f"ledger:{self.request.id}", 1, nx=True, ex=24 * 3600):
        write("effect", self.request.id, self.name)
    write("finished", self.request.id, self.name)
    return str(self.request.id)


@shared_task(ignore_result=True)
def tick() -> None:
    """Beat's: what counts is when it is sent."""
