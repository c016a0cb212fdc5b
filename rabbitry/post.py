"""Sends tasks to the stack's queues and collects the answers, each against its own deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rabbitry.cause import count, explain, services_of, silence
from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until, within
from rabbitry.page import ANSWER_TIMEOUT
from rabbitry.promise import Broken, Unreachable

PROBE = "rabbitry.probe."
MARGIN = 0.5


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A task on its way: its identifier, the queue and the controller's clock when it was sent."""

    id: str
    queue: str
    sent: float = field(default_factory=time.time)
    since: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since it was sent."""
        return time.monotonic() - self.since


class Post:
    """The way to the workers and back."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    def send(self, task: str, *args: Any, queue: str, **options: Any) -> Letter:
        """Publish `rabbitry.probe.<task>` with a confirm; Broken when the broker does not take it.

        `options` are those of Celery's `send_task`. A message that reaches no queue is refused (`mandatory`).
        """
        message = {"queue": queue, "mandatory": True, "confirm_timeout": ANSWER_TIMEOUT, **options}
        return self._taken(queue, lambda: self.clients.celery.send_task(PROBE + task, args, **message))

    def chord(self, size: int, queue: str) -> Letter:
        """Publish a chord: `size` additions (0+0, 1+1, ...) whose results `rabbitry.probe.total` sums up."""
        from celery import chord

        def publish() -> Any:
            app = self.clients.celery
            options = {"queue": queue, "mandatory": True, "confirm_timeout": ANSWER_TIMEOUT}
            header = [app.signature(PROBE + "add", (n, n), options=options) for n in range(size)]
            return chord(header, app=app)(app.signature(PROBE + "total", options={"queue": queue}))

        return self._taken(queue, publish)

    def _taken(self, queue: str, publish: Callable[[], Any]) -> Letter:
        """Publish, or say why not. After an error Celery closes its connection and waits for the broker to
        agree, which one with an alarm never does: nobody waits with it.
        """
        try:
            result = within(ANSWER_TIMEOUT + MARGIN, publish, f"a message to queue {queue}")
        except Exception as error:
            self.clients.forget_celery()
            raise self._refused(error, queue) from error
        return Letter(id=str(result.id), queue=queue)

    def _refused(self, error: Exception, queue: str) -> Broken:
        """Why a message was not taken: an alarm shows as a confirm that never comes."""
        try:
            self.clients.check_alarms()
        except Broken as alarm:
            return alarm
        except Exception:
            return explain(error, self.clients.stack)
        found = explain(error, self.clients.stack)
        if isinstance(found, Unreachable):
            return found
        if "NO_ROUTE" in str(error):
            try:
                count(self.clients, queue)
            except Broken as missing:
                return missing
        return Broken(f"{found.cause} (sent to queue {queue})", service=found.service, hint=found.hint)

    def _failed(self, queue: str, known: dict[str, Any]) -> Broken:
        """What a task on a queue raised, in the worker or on its way back."""
        result = known["result"]
        found = (
            explain(result, self.clients.stack) if isinstance(result, BaseException) else Broken(str(result))
        )
        services = services_of(self.clients.stack, queue)
        cause = f"a task on queue {queue} ended as {known['status']}: {found.cause}"
        return Broken(cause, service=found.service or (services[0] if services else ""), hint=found.hint)

    def peek(self, letter: Letter) -> dict[str, Any] | None:
        """Celery's record of the task ({status, result, traceback, ...}) once it is finished, else None."""
        try:
            known = self.clients.celery.backend.get_task_meta(letter.id)
        except Exception as error:
            raise explain(error, self.clients.stack) from error
        return known if known["status"] in ("SUCCESS", "FAILURE", "REVOKED", "REJECTED") else None

    def answer(self, letter: Letter, seconds: float = 5.0) -> Any:
        """The task's result, at most `seconds` after it was sent; the stored result is deleted.

        Raises Broken naming who did not answer, or what the task raised.
        """
        deadline = Deadline(max(0.0, seconds - letter.age))
        known = until(lambda: self.peek(letter), deadline)
        if known is None:
            raise silence(self.clients, letter.queue, letter.age)
        self.clients.celery.backend.forget(letter.id)
        if known["status"] != "SUCCESS":
            raise self._failed(letter.queue, known)
        return known["result"]
