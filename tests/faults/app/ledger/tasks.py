"""Tasks of known length; each writes a line when it begins and one when it ends, whatever comes then."""

import json
import os
import time

from celery import Task, shared_task

# A line is one write to the end of the file, so that processes do not mix theirs.
BOOK = os.environ["LEDGER_BOOK"]


def write(event: str, task: Task) -> None:
    line = json.dumps({"at": time.time(), "event": event, "id": task.request.id, "task": task.name})
    book = os.open(BOOK, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(book, f"{line}\n".encode())
    finally:
        os.close(book)


@shared_task(bind=True, ignore_result=True)
def plain(self: Task, seconds: float = 0) -> None:
    """May run twice, must run once."""
    write("started", self)
    time.sleep(seconds)
    write("finished", self)


@shared_task(bind=True)
def once(self: Task) -> str:
    """Has its effect once, however often it runs: whoever comes first in the result backend has it."""
    write("started", self)
    if self.backend.client.set(f"ledger:{self.request.id}", 1, nx=True, ex=24 * 3600):
        write("effect", self)
    write("finished", self)
    return str(self.request.id)
