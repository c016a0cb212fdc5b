"""The conversation with Redis, against a server that gives prepared answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_wire

HELLO = (b"+OK\r\n", b"+PONG\r\n")


@contextmanager
def server(*conversations: tuple[bytes, ...]) -> Iterator[tuple[int, list[bytes]]]:
    """Hold one conversation after the other, an answer for each command; yields port and what was sent."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answers in conversations:
                connection, _ = listener.accept()
                with connection:
                    for answer in answers:
                        received.append(connection.recv(4096))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], received
        thread.join()


def test_any_password_travels_whole() -> None:
    with server(HELLO) as (port, received):
        redis_wire.Session("127.0.0.1", port, 'p "\r\né').close()
    assert b"".join(received) == '*2\r\n$4\r\nAUTH\r\n$7\r\np "\r\né\r\n*1\r\n$4\r\nPING\r\n'.encode()


def test_a_server_without_a_password_lets_one_in() -> None:
    answer = b"-ERR AUTH <password> called without any password configured for the default user.\r\n"
    with server((answer, b"+PONG\r\n")) as (port, received):
        redis_wire.Session("127.0.0.1", port, "x").close()
    assert len(received) == 2


def test_every_kind_of_answer_is_read() -> None:
    flat = "*4\r\n$4\r\nsave\r\n$0\r\n\r\n$3\r\ndir\r\n$5\r\n/\r\nü\r\n"
    with (
        server((*HELLO, flat.encode(), b":7\r\n", b"$-1\r\n")) as (port, _),
        redis_wire.Session("127.0.0.1", port, "x") as session,
    ):
        assert session.pairs("CONFIG", "GET", "*") == {"save": "", "dir": "/\r\nü"}
        assert session.call("DBSIZE") == 7
        assert session.call("GET", "nothing") is None


def test_info_is_read_line_by_line() -> None:
    text = "# Persistence\r\nloading:0\r\nrdb_saves:1\r\n\r\n"
    with (
        server((*HELLO, f"${len(text)}\r\n{text}\r\n".encode())) as (port, received),
        redis_wire.Session("127.0.0.1", port, "x") as session,
    ):
        assert session.info("persistence") == {"loading": "0", "rdb_saves": "1"}
    assert received[-1].endswith(b"$11\r\npersistence\r\n")


def test_a_server_that_loads_its_data_is_waited_for() -> None:
    loading = (b"+OK\r\n", b"-LOADING Redis is loading the dataset in memory\r\n")
    with server((b"",), loading, HELLO) as (port, received):
        redis_wire.wait("127.0.0.1", port, "x", 5).close()
    assert len(received) == 5


@pytest.mark.parametrize(
    ("answer", "message", "code"),
    [
        (b"-WRONGPASS invalid username-password pair\r\n", "answers `WRONGPASS invalid", "WRONGPASS"),
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n", "does not answer like Redis", ""),
    ],
)
def test_what_waiting_does_not_cure_ends_the_wait_at_once(answer: bytes, message: str, code: str) -> None:
    with server((answer,)) as (port, _), pytest.raises(redis_wire.Refused, match=message) as refused:
        redis_wire.wait("127.0.0.1", port, "x", 60)
    assert refused.value.code == code


def test_a_server_that_never_comes_is_named_with_the_time_waited() -> None:
    with pytest.raises(redis_wire.NotReady, match=r"no answer from 127\.0\.0\.1:9 \(.*\) after 0\.1 s"):
        redis_wire.wait("127.0.0.1", 9, "x", 0.1)
