"""One handler for each signal. What a handler raises is logged and otherwise has no effect.

Each takes `**_`: a later version of Celery may give more arguments.
"""

from typing import Any

from celery.signals import (
    after_task_publish,
    before_task_publish,
    task_failure,
    task_postrun,
    task_prerun,
    task_retry,
    task_revoked,
    task_success,
    task_unknown,
)

from signals.records import write


def name_of(exchange: Any) -> str:
    """Of a countdown task it is an object: the first exchange of those that hold the message until then."""
    return str(getattr(exchange, "name", exchange))


# In the process that sends. Its sender is the task's name: the sender of a task need not have its code.
@before_task_publish.connect
def about_to_publish(
    sender: str, body: Any, exchange: Any, routing_key: str, headers: dict[str, Any], **_: Any
) -> None:
    """What is changed in `headers` here is published: a place for a trace id, say."""
    write(
        "before_task_publish",
        sender,
        headers["id"],
        body=body,
        exchange=name_of(exchange),
        routing_key=routing_key,
        headers=headers,
    )


@after_task_publish.connect
def published(sender: str, headers: dict[str, Any], exchange: Any, routing_key: str, **_: Any) -> None:
    """The broker has confirmed the message; a publish that fails does not come here."""
    write("after_task_publish", sender, headers["id"], exchange=name_of(exchange), routing_key=routing_key)


# In the worker's child process that runs the task. The sender is the task.
@task_prerun.connect
def starting(sender: Any, task_id: str, args: Any, **_: Any) -> None:
    write("task_prerun", sender.name, task_id, args=args)


@task_postrun.connect
def ended(sender: Any, task_id: str, state: str, retval: Any, **_: Any) -> None:
    """After every run, however it ended, and after its result was stored."""
    write("task_postrun", sender.name, task_id, state=state, retval=retval)


@task_success.connect
def succeeded(sender: Any, result: Any, **_: Any) -> None:
    """Gets no `task_id`: the running task's request has it."""
    write("task_success", sender.name, sender.request.id, result=result)


@task_retry.connect
def tried_again(sender: Any, request: Any, reason: Any, **_: Any) -> None:
    write("task_retry", sender.name, request.id, reason=reason)


# In the child, or in the worker's main process when the child was killed or ran into its hard time limit.
@task_failure.connect
def failed(sender: Any, task_id: str, exception: Exception, **_: Any) -> None:
    """Not for a task that is tried again: only when it has failed for good."""
    write("task_failure", sender.name, task_id, exception=exception)


# In the worker's main process: no child has the task.
@task_revoked.connect
def revoked(sender: Any, request: Any, terminated: bool, expired: bool, signum: Any, **_: Any) -> None:
    """When a worker would have run it, or ends it: revoking by itself tells nobody but the workers."""
    write("task_revoked", sender.name, request.id, terminated=terminated, expired=expired, signum=signum)


@task_unknown.connect
def unknown(name: str, id: str, exc: Exception, **_: Any) -> None:
    """The worker has no task of this name: its code and the sender's differ. Its sender is the consumer."""
    write("task_unknown", name, id, exc=exc)
