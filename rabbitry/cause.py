"""From what a client library raised, or from silence, to one sentence that names service and cause."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from rabbitry.clients import Clients
from rabbitry.deadline import DeadlinePassed
from rabbitry.model import Stack
from rabbitry.page import Refused
from rabbitry.promise import Alarm, Broken, Unreachable

BROKER = "rabbitmq-server"
BACKEND = "redis-server"
# What a tunnel to a broker that does not run looks like: somebody is there, and says nothing.
HUNG_UP = {"pika.StreamLostError", "pika.IncompatibleProtocolError", "builtins.ConnectionResetError"}


def explain(error: BaseException, stack: Stack) -> Broken:
    """The Broken promise behind any exception of a probe."""
    for link in _chain(error):
        if isinstance(link, Broken):
            return link
        found = _of_class(link, stack)
        if found is not None:
            return found
    first = str(error).strip().splitlines()
    return Broken(first[0] if first else type(error).__name__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: libraries hide the real one in arguments, attributes or as the cause."""
    waiting, seen = [error], set()
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = [*link.args, getattr(link, "exception", None), link.__cause__, link.__context__]
        waiting += [each for each in inner if isinstance(each, BaseException)]


def _of_class(error: BaseException, stack: Stack) -> Broken | None:
    kinds = {f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in type(error).__mro__}
    amqp, store = stack.endpoints.amqp, stack.endpoints.redis
    broker, backend = stack.where(amqp), stack.where(store)
    user, vhost = stack.app.account.username, stack.app.vhost
    text = " ".join(str(error).split())
    if not re.search(r"[A-Z]+_[A-Z_]+", text):
        # What a worker raised comes back from the result backend with its arguments in other places.
        text = " ".join([text, *(each for each in error.args if isinstance(each, str))])
    if isinstance(error, Refused):
        return Broken(str(error), service=BROKER, hint="./inv up")
    if "ACCESS_REFUSED" in text:
        if "Login was refused" in text:
            return Broken(f"{BROKER} refuses the password of user `{user}`", service=BROKER, hint="./inv up")
        return Broken(f"{BROKER} says: {_said(text, 'ACCESS_REFUSED')}", service=BROKER, hint="./inv up")
    if "pika.ProbableAccessDeniedError" in kinds or "NOT_ALLOWED" in text:
        return Broken(f"{BROKER} denies user `{user}` the vhost `{vhost}`", service=BROKER, hint="./inv up")
    if "NOT_FOUND" in text:
        return Broken(f"{BROKER} has {_said(text, 'NOT_FOUND')}", service=BROKER, hint="./inv up")
    if "PRECONDITION_FAILED" in text:
        said = _said(text, "PRECONDITION_FAILED")
        return Broken(f"{BROKER} has other settings than declared: {said}", service=BROKER)
    if "NO_ROUTE" in text or "pika.UnroutableError" in kinds:
        return Broken(f"{BROKER} routes a message to no queue", service=BROKER, hint="./inv up")
    if "pika.ConnectionBlockedTimeout" in kinds:
        return Alarm(f"{BROKER} blocks publishers: an alarm is on", service=BROKER, hint="./inv status")
    if "redis.AuthenticationError" in kinds or ("redis.ResponseError" in kinds and "WRONGPASS" in text):
        return Broken(f"{BACKEND} refuses the password", service=BACKEND, hint="./inv up")
    if "redis.ResponseError" in kinds:
        return Broken(f"{BACKEND} says: {text.partition('. ')[0]}", service=BACKEND)
    if "redis.ConnectionError" in kinds or "redis.TimeoutError" in kinds:
        return unreachable(BACKEND, backend, refused="redis.TimeoutError" not in kinds)
    if isinstance(error, ConnectionRefusedError):
        return unreachable(BROKER, broker, refused=True)
    if kinds & {"pika.AMQPConnectorStackTimeout", "pika.AMQPConnectorSocketConnectError"}:
        return None if isinstance(getattr(error, "exception", None), OSError) else unreachable(BROKER, broker)
    if kinds & HUNG_UP or "Server unexpectedly closed connection" in text:
        return Unreachable(f"{BROKER} hangs up at {broker}", address=broker, service=BROKER)
    if isinstance(error, DeadlinePassed):
        return Broken(str(error), service=BROKER)
    if isinstance(error, TimeoutError):
        return unreachable(BROKER, broker)
    return None


def _said(text: str, code: str) -> str:
    """What the broker says after its error code, without what the client library puts around it."""
    found = re.search(rf"{code}(?: - )?([^\"]*)", text)
    return found[1].replace("\\", "").strip() if found else text


def unreachable(service: str, address: str, refused: bool = False) -> Unreachable:
    """Nobody listens at an address, or whoever does is silent."""
    what = "refuses connections" if refused else "does not answer"
    return Unreachable(f"{service} {what} at {address}", address=address, service=service)


@contextlib.contextmanager
def blaming(service: str, address: str) -> Iterator[None]:
    """Say of a refused or silent HTTP connection which service it was."""
    try:
        yield
    except ConnectionRefusedError as error:
        raise unreachable(service, address, refused=True) from error
    except OSError as error:
        raise unreachable(service, address) from error


def services_of(stack: Stack, queue: str) -> list[str]:
    """The services of the workers that are declared to consume from a queue."""
    return [worker.service for worker in stack.app.workers if queue in worker.queues]


def count(clients: Clients, queue: str) -> tuple[int, int]:
    """How many consumers and ready messages a queue has, asked over AMQP; Broken when it is missing."""
    try:
        connection = clients.amqp()
        try:
            declared = connection.channel().queue_declare(queue, passive=True).method
            return declared.consumer_count, declared.message_count
        finally:
            if connection.is_open:
                connection.close()
    except Exception as error:
        raise explain(error, clients.stack) from error


def silence(clients: Clients, queue: str, waited: float, missing: list[str] | None = None) -> Broken:
    """Why a task sent to a queue has not come back after `waited` seconds.

    `missing` are the services that have not answered when others have.
    """
    try:
        with contextlib.suppress(OSError, Refused):
            clients.check_alarms()
        consumers, ready = count(clients, queue)
        # Redis that cannot write (no memory, no disk) still answers a ping.
        clients.redis().setex("rabbitry:written", 1, "")
    except Exception as error:
        return explain(error, clients.stack)
    declared = services_of(clients.stack, queue)
    blamed = missing or declared
    name, service = " and ".join(blamed), blamed[0] if blamed else ""
    if consumers == 0 or (missing and consumers < len(declared)):
        verb = "does" if len(blamed) == 1 else "do"
        return Broken(f"{name} {verb} not consume from queue {queue}", service=service)
    verb = "consumes" if len(blamed) == 1 else "consume"
    waiting = f" ({ready} messages wait)" if ready else ""
    return Broken(
        f"{name} {verb} from queue {queue} but gave no answer within {waited:.0f} s{waiting}", service=service
    )
