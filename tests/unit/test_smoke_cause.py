"""A client library's error becomes one sentence that names the service and the cause."""

from __future__ import annotations

import amqp.exceptions
import kombu.exceptions
import pika.exceptions
import pytest
import redis.exceptions

from rabbitry.cause import explain, silence
from rabbitry.page import Refused
from rabbitry.promise import Alarm, Broken, Unreachable
from tests.unit.stack_document import stack

STACK = stack()


def _wrapped(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "cause", "service"),
    [
        (
            pika.exceptions.ProbableAuthenticationError(
                "ConnectionClosedByBroker: (403) 'ACCESS_REFUSED - Login was refused using PLAIN'"
            ),
            "rabbitmq-server refuses the password of user `app`",
            "rabbitmq-server",
        ),
        (
            pika.exceptions.ProbableAccessDeniedError("(530) 'NOT_ALLOWED - vhost app not found'"),
            "rabbitmq-server denies user `app` the vhost `app`",
            "rabbitmq-server",
        ),
        (
            pika.exceptions.ChannelClosedByBroker(
                403, "ACCESS_REFUSED - write access to 'x' refused for user 'app'"
            ),
            "rabbitmq-server says: write access to 'x' refused for user 'app'",
            "rabbitmq-server",
        ),
        (
            amqp.exceptions.NotFound("NOT_FOUND - no exchange 'celery_delayed_27' in vhost 'app'"),
            "rabbitmq-server has no exchange 'celery_delayed_27' in vhost 'app'",
            "rabbitmq-server",
        ),
        (
            amqp.exceptions.PreconditionFailed("PRECONDITION_FAILED - inequivalent arg 'x-queue-type'"),
            "rabbitmq-server has other settings than declared: inequivalent arg 'x-queue-type'",
            "rabbitmq-server",
        ),
        (
            _wrapped(
                kombu.exceptions.OperationalError("[Errno 111]"), ConnectionRefusedError(111, "refused")
            ),
            "rabbitmq-server refuses connections at 127.0.0.1:5672",
            "rabbitmq-server",
        ),
        (
            pika.exceptions.ConnectionBlockedTimeout("blocked"),
            "rabbitmq-server blocks publishers: an alarm is on",
            "rabbitmq-server",
        ),
        (
            pika.exceptions.IncompatibleProtocolError("StreamLostError: ('Transport indicated EOF',)"),
            "rabbitmq-server hangs up at 127.0.0.1:5672",
            "rabbitmq-server",
        ),
        (
            kombu.exceptions.OperationalError("Server unexpectedly closed connection"),
            "rabbitmq-server hangs up at 127.0.0.1:5672",
            "rabbitmq-server",
        ),
        (TimeoutError(), "rabbitmq-server does not answer at 127.0.0.1:5672", "rabbitmq-server"),
        (
            redis.exceptions.AuthenticationError("WRONGPASS"),
            "redis-server refuses the password",
            "redis-server",
        ),
        (
            redis.exceptions.ConnectionError("Error 111"),
            "redis-server refuses connections at 127.0.0.1:6379",
            "redis-server",
        ),
        (redis.exceptions.TimeoutError(), "redis-server does not answer at 127.0.0.1:6379", "redis-server"),
        (
            redis.exceptions.ResponseError(
                "MISCONF Redis cannot save. Commands are disabled. Look at the logs."
            ),
            "redis-server says: MISCONF Redis cannot save",
            "redis-server",
        ),
        (
            Refused("the management API", "/api/overview", 401, "monitor"),
            "the management API answers 401 to GET /api/overview of user `monitor`",
            "rabbitmq-server",
        ),
        (RuntimeError("first line\nsecond line"), "first line", ""),
    ],
)
def test_an_error_names_the_service_and_the_cause(error: Exception, cause: str, service: str) -> None:
    found = explain(error, STACK)
    assert (found.cause, found.service) == (cause, service)


def test_an_alarm_and_an_unreachable_address_are_told_apart_from_other_faults() -> None:
    assert isinstance(explain(pika.exceptions.ConnectionBlockedTimeout("x"), STACK), Alarm)
    unreachable = explain(redis.exceptions.TimeoutError(), STACK)
    assert isinstance(unreachable, Unreachable)
    assert unreachable.address == "127.0.0.1:6379"


class _Clients:
    """A broker without an alarm whose queue has `consumers`; a Redis that takes writes."""

    stack = STACK

    def __init__(self, consumers: int, ready: int = 0, alarm: bool = False) -> None:
        self.consumers, self.ready, self.alarm, self.is_open = consumers, ready, alarm, False

    def check_alarms(self) -> None:
        if self.alarm:
            raise Alarm("the memory alarm is on", service="rabbitmq-server")

    def amqp(self) -> _Clients:
        return self

    def channel(self) -> _Clients:
        return self

    def queue_declare(self, queue: str, passive: bool) -> _Clients:
        return self

    @property
    def method(self) -> _Clients:
        return self

    @property
    def consumer_count(self) -> int:
        return self.consumers

    @property
    def message_count(self) -> int:
        return self.ready

    def redis(self) -> _Clients:
        return self

    def setex(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("clients", "queue", "missing", "cause"),
    [
        (_Clients(0), "default", None, "stack-worker-default does not consume from queue default"),
        (
            _Clients(0),
            "math",
            None,
            "stack-worker-default and stack-worker-math do not consume from queue math",
        ),
        (
            _Clients(1, 7),
            "default",
            None,
            "stack-worker-default consumes from queue default but gave no answer within 5 s"
            " (7 messages wait)",
        ),
        (_Clients(1), "math", ["stack-worker-math"], "stack-worker-math does not consume from queue math"),
        (
            _Clients(2),
            "math",
            ["stack-worker-math"],
            "stack-worker-math consumes from queue math but gave no answer within 5 s",
        ),
        (_Clients(1, alarm=True), "math", None, "the memory alarm is on"),
    ],
)
def test_silence_is_blamed_on_the_worker_that_does_not_consume(
    clients: _Clients, queue: str, missing: list[str] | None, cause: str
) -> None:
    assert silence(clients, queue, 5.0, missing).cause == cause  # type: ignore[arg-type]


def test_a_hint_points_to_the_logs_of_the_service() -> None:
    assert Broken("x", service="stack-beat").hint == "./inv logs stack-beat"
    assert Broken("x", service="stack-beat", hint="./inv up").hint == "./inv up"
