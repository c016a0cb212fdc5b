"""Log in to a Redis server and ping it, in a few lines of its own protocol, so that no client is needed."""

from __future__ import annotations

import socket
import time

PAUSE = 0.05
TIMEOUT = 5.0


class NotReady(Exception):
    """Redis does not answer PONG yet: nothing listens, or it still loads its data."""


class Refused(Exception):
    """Redis answered with an error that waiting does not cure, such as a wrong password."""


def wait(host: str, port: int, password: str, seconds: float) -> float:
    """Return after how many seconds Redis answered PONG; NotReady after ``seconds``, Refused at once."""
    start = time.monotonic()
    while True:
        try:
            ping(host, port, password)
            return time.monotonic() - start
        except NotReady as error:
            if time.monotonic() - start >= seconds:
                raise NotReady(f"{error} after {seconds:g} s") from error
        time.sleep(PAUSE)


def ping(host: str, port: int, password: str) -> None:
    """Log in and ping once; raises NotReady or Refused."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
            connection.sendall(command("AUTH", password) + command("PING"))
            with connection.makefile("rb") as answers:
                lines = [answers.readline().decode(errors="replace").strip() for _ in range(2)]
    except OSError as error:
        raise NotReady(f"no answer from {host}:{port} ({error})") from error
    for line in lines:
        if not line or line.startswith("-LOADING"):
            raise NotReady(
                f"Redis at {host}:{port} is loading its data" if line else f"{host}:{port} hung up"
            )
        if line.startswith("-"):
            raise Refused(f"Redis at {host}:{port} answers `{line[1:]}`")
    if lines[1] != "+PONG":
        raise Refused(f"{host}:{port} does not answer like Redis: `{lines[1][:60]}`")


def command(*words: str) -> bytes:
    """Return one command in Redis's wire format, which carries any character."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
