"""What the workers and the result backend promise."""

from __future__ import annotations

import celery.exceptions
import pytest

from rabbitry.cause import silence
from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.letters import ANSWER, COUNTDOWN, RETRY_DELAY, Letters
from rabbitry.model import Stack, Worker
from rabbitry.post import Post
from rabbitry.promise import Broken

pytestmark = pytest.mark.promise(deadline=8.0, needs=("amqp", "publishing", "redis"))


def test_a_worker_takes_tasks(
    consumption: tuple[Worker, str], letters: Letters, clients: Clients, stack: Stack
) -> None:
    worker, queue = consumption
    # Workers of one name on several hosts: each of them must have answered.
    wanted = sum(other.name == worker.name and queue in other.queues for other in stack.app.workers)

    def answered() -> bool:
        nodes = {node for node in letters.answered(queue) if node.partition("@")[0] == worker.name}
        return len(nodes) >= wanted

    letters.send()
    if not until(answered, Deadline(max(0.0, ANSWER - letters.age))):
        raise silence(clients, queue, letters.age, missing=[worker.service])


def test_a_result_is_stored_and_read_back(letters: Letters, clients: Clients, post: Post) -> None:
    letter = letters.get("add")
    result = clients.celery.AsyncResult(letter.id)
    try:
        value = result.get(timeout=max(0.1, ANSWER - letter.age))
    except celery.exceptions.TimeoutError:
        raise silence(clients, letter.queue, letter.age) from None
    assert value == 42, f"20 + 22 came back as {value!r}"
    key = clients.celery.backend.get_key_for_task(letter.id).decode()
    assert clients.redis().ttl(key) > 0, f"the result is not in redis-server or never expires (key {key})"
    result.forget()


def test_a_task_that_fails_twice_succeeds_the_third_time(letters: Letters, post: Post) -> None:
    again = post.answer(letters.get("flaky"), seconds=2 * RETRY_DELAY + ANSWER)
    assert again == 2, f"the task was tried again {again!r} times instead of 2"


def test_a_chord_gathers_its_results(letters: Letters, post: Post) -> None:
    total = post.answer(letters.get("chord"), seconds=6.0)
    assert total == 12, f"0+0, 1+1, 2+2 and 3+3 gathered give {total!r} instead of 12"


def test_a_countdown_task_arrives_and_not_early(letters: Letters, post: Post) -> None:
    plain, later = letters.get("stamp"), letters.get("countdown")
    # The worker's clock may differ from ours: the plain task shows by how much at most.
    ahead = post.answer(plain) - plain.sent
    waited = post.answer(later, seconds=COUNTDOWN + ANSWER) - later.sent
    if waited < COUNTDOWN - max(0.05, -ahead) - 0.05:
        raise Broken(
            f"a task with countdown {COUNTDOWN} s ran after {waited:.2f} s", service="rabbitmq-server"
        )
    assert waited < COUNTDOWN + 3 + abs(ahead), (
        f"a task with countdown {COUNTDOWN} s ran only after {waited:.1f} s"
    )
