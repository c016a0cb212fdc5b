"""Tasks that prove a worker works, and the file that says it is ready (`celery worker -I rabbitry_probe`)."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from celery import Celery, Task, shared_task
from celery.app.backends import by_url
from celery.signals import heartbeat_sent, worker_init, worker_ready, worker_shutting_down

TICKS = "rabbitry:ticks"
TICKS_KEPT = 20
# Seconds that a tick may wait for a worker; beat sends each with this expiry.
TICK_LIFETIME = 30


@cache
def stack_backend(app: Celery, url: str) -> Any:
    """A result backend beside the application's own."""
    backend, location = by_url(url, app.loader)
    return backend(app=app, url=location)


def results(task: Task) -> Any:
    """Where a probe's result goes: to the stack's Redis, also when the application's go elsewhere."""
    url = os.environ.get("RABBITRY_RESULT_BACKEND", "")
    return stack_backend(task.app, url) if url else task.app.backend


# A probe in all else is a task as the application's are.
probe: Callable[..., Any] = partial(shared_task, backend=property(results))


@probe(name="rabbitry.probe.add")
def add(x: float, y: float) -> float:
    return x + y


@probe(name="rabbitry.probe.total")
def total(numbers: list[float]) -> float:
    """The sum of a chord's results."""
    return sum(numbers)


@probe(name="rabbitry.probe.where", bind=True)
def where(self: Task) -> dict[str, object]:
    """Who ran this and how it came: {"worker": "default@web1", "queue": routing key, "pid"}."""
    return {
        "worker": self.request.hostname,
        "queue": self.request.delivery_info.get("routing_key"),
        "pid": os.getpid(),
    }


@probe(name="rabbitry.probe.flaky", bind=True, max_retries=None)
def flaky(self: Task, failures: int = 2, delay: int = 0) -> int:
    """Fails `failures` times, `delay` whole seconds apart, then returns how often it was tried again."""
    if self.request.retries < failures:
        raise self.retry(
            countdown=delay, exc=RuntimeError(f"failure {self.request.retries + 1} of {failures}")
        )
    return int(self.request.retries)


@probe(name="rabbitry.probe.stamp")
def stamp() -> float:
    """The worker's clock (seconds since the epoch) at the moment the task runs."""
    return time.time()


@probe(name="rabbitry.probe.sleep")
def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@probe(name="rabbitry.probe.tick", bind=True, ignore_result=True)
def tick(self: Task) -> None:
    """Keep beat's last ticks in Redis: when each was sent (seconds since 1970), and by whom."""
    client = getattr(self.backend, "client", None)
    if client is None or not hasattr(client, "rpush"):
        return
    # A tick that waited for a worker says nothing of beat's present: its own time counts, not the worker's.
    sent = datetime.fromisoformat(self.request.expires).timestamp() - TICK_LIFETIME
    client.rpush(TICKS, json.dumps({"time": sent, "origin": self.request.origin}))
    client.ltrim(TICKS, -TICKS_KEPT, -1)


def ready_file() -> Path | None:
    name = os.environ.get("RABBITRY_READY_FILE")
    return Path(name) if name else None


def announce(**_: object) -> None:
    """Write the ready file, whole or not at all."""
    if path := ready_file():
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(json.dumps({"pid": os.getpid(), "time": time.time()}), encoding="utf-8")
        part.replace(path)


def refresh(**_: object) -> None:
    """Say by the ready file's time that the process still works, once it has written it."""
    path = ready_file()
    if path and path.exists():
        path.touch()


def withdraw(**_: object) -> None:
    if path := ready_file():
        path.unlink(missing_ok=True)


# The file of a predecessor that was killed must not speak for this process.
worker_init.connect(withdraw)
worker_ready.connect(announce)
worker_shutting_down.connect(withdraw)
# Sent every two seconds by the loop that also takes tasks, once the broker has taken the last one.
heartbeat_sent.connect(refresh)
