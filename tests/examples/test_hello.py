"""The sample application, as the two first examples deploy it: pika's hello, and Celery's."""

from __future__ import annotations

import pytest

from tests.support.example import Deployed, Example
from tests.support.wait import wait_until

READY = "rabbitmqctl -q list_queues -p {} name messages_ready"
# How the application itself sends: by its own routes, not by the client's default queue.
MULTIPLY = """\
import json
from sample.maths.tasks import multiply
print(json.dumps(multiply.delay(6, 7).get(timeout=20)))
"""


def waiting(example: Example) -> int | None:
    """How many messages are in the queue of pika's hello, as the broker counts them every few seconds."""
    rows = (line.split() for line in example.host.run(READY.format(example.vhost)).out.splitlines())
    return next((int(count) for name, count in rows if name == "hello"), None)


class HelloRabbitmq:
    """What the example `hello_rabbitmq` promises, wherever it is deployed."""

    def test_what_is_sent_waits_in_the_queue(self, example: Example) -> None:
        for text in ("Hello", "Hello again"):
            sent = example.run("python", "-m", "hello_rabbitmq.send", text)
            assert sent.out == f"sent: {text}\n"
        wait_until(
            lambda: "hello\t2\n" in example.host.run(READY.format(example.vhost)).out, 20, "two messages wait"
        )

    def test_a_consumer_gets_it_in_order(self, example: Example) -> None:
        got = example.run("python", "-m", "hello_rabbitmq.receive", "2").out
        assert got.splitlines()[1:] == ["received: Hello", "received: Hello again"]

    def test_what_was_acknowledged_is_gone(self, example: Example) -> None:
        wait_until(
            lambda: "hello\t0\n" in example.host.run(READY.format(example.vhost)).out,
            20,
            "the queue is empty",
        )
        example.host.run(["rabbitmqctl", "-q", "delete_queue", "-p", example.vhost, "hello"])


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestHelloRabbitmq(HelloRabbitmq, Deployed):
    name = "hello_rabbitmq"


class HelloCelery:
    """What the example `hello_celery` promises, wherever it is deployed."""

    def test_a_task_that_is_called_by_the_command_line_has_a_result(self, example: Example) -> None:
        called = example.run("celery", "-A", "sample", "call", "sample.tasks.add", "--args", "[2, 3]")
        assert example.result(called.out.strip()) == 5

    def test_a_task_goes_to_the_queue_of_its_route(self, example: Example) -> None:
        assert example.python(MULTIPLY) == 42
        worker = example.service("worker", "math")
        wait_until(lambda: "sample.maths.tasks.multiply" in worker.logs(50), 20, "the worker math ran it")

    def test_a_task_that_fails_is_tried_again(self, example: Example) -> None:
        # By this client's settings and not by the application's routes: to the default queue.
        assert example.result(example.send("sample.tasks.fetch", 1)) == "fetched after 1 retries"

    def test_beat_sends_what_celeryconfig_schedules(self, example: Example) -> None:
        worker = example.service("worker", "default")
        wait_until(lambda: "Hello, beat" in worker.logs(500), 60, "beat greets every 30 seconds")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestHelloCelery(HelloCelery, Deployed):
    name = "hello_celery"
