"""What `up` ends with: a real task through every queue, and its result back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping

from rabbitry.cause import explain, services_of, silence
from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.page import Refused
from rabbitry.post import Letter, Post
from rabbitry.promise import Broken, Promise, Unreachable

GRACE = 5.0


def prove(
    stack: Stack,
    secrets: Mapping[str, str],
    deadline: float = 30.0,
    ways: Mapping[str, tuple[str, int]] | None = None,
) -> list[Promise]:
    """Send a task to every declared queue and get its result, at most `deadline` seconds from now.

    `ways` as for Clients. Gives one kept Promise a queue. Raises StackError that names the queue, the service
    and one cause; what can still come up (a broker that boots, a worker that connects) is asked again until
    the deadline.
    """
    clients, overall = Clients(stack, secrets, ways), Deadline(deadline)
    try:
        _wait_for_consumers(clients, overall)
        with contextlib.suppress(OSError, Refused):
            clients.check_alarms()
        post = Post(clients)
        started = time.monotonic()
        letters = {queue: post.send("add", 2, 3, queue=queue) for queue in stack.app.queues}
        return [_collect(post, queue, letter, overall, started) for queue, letter in letters.items()]
    except Broken as broken:
        raise StackError(broken.cause, hint=broken.hint) from broken


def _wait_for_consumers(clients: Clients, overall: Deadline) -> None:
    """Return once every queue has a consumer; raise why not at the deadline, a refusal after GRACE seconds.

    Who does not answer may still boot; a broker that refuses the password will hardly think better of it.
    """
    without = list(clients.stack.app.queues)
    last: Broken | None = None
    refused = Deadline(GRACE, overall)

    def asked() -> bool:
        nonlocal last
        try:
            connection = clients.amqp()
            with contextlib.closing(connection):
                # A queue that had a consumer a moment ago is not asked again.
                while (
                    without
                    and connection.channel().queue_declare(without[0], passive=True).method.consumer_count
                ):
                    without.pop(0)
            last = None
        except Exception as error:
            last = explain(error, clients.stack)
        if last is None or isinstance(last, Unreachable):
            refused.restart()
        elif refused.passed:
            raise last
        return not without

    if until(asked, overall, first=0.02, most=0.25) is None:
        if last is not None:
            raise last
        _blame_consumers(clients, without, overall.seconds)


def _blame_consumers(clients: Clients, queues: list[str], waited: float) -> None:
    queue = queues[0]
    broken = silence(clients, queue, waited)
    if not services_of(clients.stack, queue):
        broken = Broken(f"no worker is declared for queue {queue}", hint="./inv describe")
    raise broken


def _collect(post: Post, queue: str, letter: Letter, overall: Deadline, started: float) -> Promise:
    answer = post.answer(letter, seconds=letter.age + overall.left)
    if answer != 5:
        raise Broken(f"a task on queue {queue} adds 2 and 3 and gets {answer!r}")
    return Promise(
        name=f"a task went through queue {queue} and came back", kept=True, seconds=time.monotonic() - started
    )
