"""The Redis login and ping, against a server that gives prepared answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_ping


@contextmanager
def server(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer one connection after the other; yields the port and what each of them sent."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    received.append(connection.recv(4096))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], received
        thread.join()


def test_any_password_travels_whole() -> None:
    with server(b"+OK\r\n+PONG\r\n") as (port, received):
        redis_ping.ping("127.0.0.1", port, 'p "\r\né')
    assert received == ['*2\r\n$4\r\nAUTH\r\n$7\r\np "\r\né\r\n*1\r\n$4\r\nPING\r\n'.encode()]


def test_a_server_that_loads_its_data_is_waited_for() -> None:
    loading = b"+OK\r\n-LOADING Redis is loading the dataset in memory\r\n"
    with server(b"", loading, b"+OK\r\n+PONG\r\n") as (port, received):
        assert redis_ping.wait("127.0.0.1", port, "x", 5) < 5
    assert len(received) == 3


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"-WRONGPASS invalid username-password pair\r\n-NOAUTH\r\n", "answers `WRONGPASS invalid"),
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n", "does not answer like Redis"),
    ],
)
def test_what_waiting_does_not_cure_ends_the_wait_at_once(answer: bytes, message: str) -> None:
    with server(answer) as (port, _), pytest.raises(redis_ping.Refused, match=message):
        redis_ping.wait("127.0.0.1", port, "x", 60)


def test_a_server_that_never_comes_is_named_with_the_time_waited() -> None:
    with pytest.raises(redis_ping.NotReady, match=r"no answer from 127\.0\.0\.1:9 \(.*\) after 0\.1 s"):
        redis_ping.wait("127.0.0.1", 9, "x", 0.1)
