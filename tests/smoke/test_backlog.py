"""Countdown tasks must wait in the broker, not in the workers: there they would keep plain tasks out."""

from __future__ import annotations

import pytest

from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.model import Stack
from rabbitry.page import Refused
from rabbitry.post import PROBE, Post
from rabbitry.promise import Broken

# Longer than any plain task may take: a stalled one cannot come back in time by luck.
COUNTDOWN = 8
AT_ONCE = 3.0
MOST = 400


@pytest.mark.promise(deadline=12.0, needs=("amqp", "publishing", "redis"))
def test_a_plain_task_overtakes_a_backlog_of_countdown_tasks(
    clients: Clients, stack: Stack, post: Post
) -> None:
    """The backlog is published by the workers, so with the application's settings: callbacks of a task."""
    heads = {}
    for queue in stack.app.queues:
        one = clients.celery.signature(
            PROBE + "add", (0, 0), immutable=True, countdown=COUNTDOWN, queue=queue, ignore_result=True
        )
        size = _more_than_workers_fetch(clients, stack, queue)
        heads[queue] = post.send("add", 1, 1, queue=queue, link=[one.clone() for _ in range(size)])
    for head in heads.values():
        # Celery stores the result after the callbacks are published: now the backlog is there.
        post.answer(head)
    plain = {queue: post.send("add", 2, 3, queue=queue) for queue in stack.app.queues}
    waiting = dict(plain)

    def all_back() -> bool:
        for queue in [queue for queue, letter in waiting.items() if post.peek(letter)]:
            post.answer(waiting.pop(queue))
        return not waiting

    if not until(all_back, Deadline(AT_ONCE)):
        queue = next(iter(waiting))
        services = [worker.service for worker in stack.app.workers if queue in worker.queues]
        raise Broken(
            f"{' and '.join(services)} stalls on queue {queue}: a plain task waits behind countdown tasks"
            " (they need a topic exchange and quorum queues)",
            service=services[0],
            hint="./inv up",
        )


def _more_than_workers_fetch(clients: Clients, stack: Stack, queue: str) -> int:
    """More messages than all consumers of a queue take in advance, as the broker knows it."""
    slots = sum(worker.concurrency for worker in stack.app.workers if queue in worker.queues)
    try:
        consumers = clients.management(f"consumers/{stack.app.path}")
    except (OSError, Refused):
        # That the API does not answer is another promise's fault.
        return min(MOST, 16 * slots + 8)
    # A consumer without a limit of its own (0) has one for its channel, which the API does not tell.
    fetched = sum(int(each.get("prefetch_count", 0)) for each in consumers if each["queue"]["name"] == queue)
    return min(MOST, max(fetched, 4 * slots) + 8)
