"""The base of tasks that are queued once: `@shared_task(base=Once)`."""

import hashlib
import inspect
import json
from typing import Any

from celery import Task, uuid
from celery.exceptions import Retry
from celery.result import AsyncResult
from celery.signals import task_failure, task_revoked

from once.lock import give_back, take


class Once(Task):
    """While a call waits or runs, an equal one is not queued: whoever sends it gets the first one's result.

    The lock is the task's, by its id, from before it is published until it has ended for good. A retry, and a
    message that is delivered again, have the same id and so the same lock.
    """

    abstract = True
    # Names of the arguments that make two calls equal; None: all of them.
    once_by: tuple[str, ...] | None = None
    # Seconds that the lock of a lost task stays: longer than the longest wait in the queue plus the run.
    once_seconds: float = 3600

    def once_key(self, args: Any, kwargs: Any) -> str:
        """The lock's name; equal arguments are equal whether given by position, by name or by default."""
        given = inspect.signature(self.run).bind(*(args or ()), **(kwargs or {}))
        given.apply_defaults()
        chosen = {
            name: value
            for name, value in given.arguments.items()
            if name in (self.once_by or given.arguments)
        }
        digest = hashlib.sha256(json.dumps(chosen, sort_keys=True, default=repr).encode()).hexdigest()
        return f"once:{self.name}:{digest[:32]}"

    def apply_async(
        self, args: Any = None, kwargs: Any = None, task_id: str | None = None, **options: Any
    ) -> AsyncResult:
        key, task_id = self.once_key(args, kwargs), task_id or uuid()
        owner = take(self.app.backend.client, key, task_id, self.once_seconds)
        if owner != task_id:
            return self.AsyncResult(owner)
        try:
            return super().apply_async(args, kwargs, task_id=task_id, **options)
        except BaseException:
            # It is not in the queue. Nobody would give the lock back for it.
            self.once_over(key, task_id)
            raise

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Before it runs: the task may change what it was given.
        key = self.once_key(args, kwargs)
        try:
            value = super().__call__(*args, **kwargs)
        except Retry:
            raise
        # Not BaseException: a worker that is told to end hands the message back, and the lock stays with it.
        except Exception:
            self.once_over(key, self.request.id)
            raise
        # Before the result is stored: whoever has waited for it may send the next one at once.
        self.once_over(key, self.request.id)
        return value

    def once_over(self, key: str, task_id: str | None) -> None:
        if task_id:
            give_back(self.app.backend.client, key, task_id)


@task_revoked.connect
def not_run(sender: Any, request: Any, **_: Any) -> None:
    """A task that was revoked or has expired never comes to its own end."""
    if isinstance(sender, Once):
        sender.once_over(sender.once_key(request.args, request.kwargs), request.id)


@task_failure.connect
def killed(sender: Any, task_id: str, args: Any, kwargs: Any, **_: Any) -> None:
    """Nor does one whose process was killed, by the hard time limit for instance."""
    if isinstance(sender, Once):
        sender.once_over(sender.once_key(args, kwargs), task_id)
