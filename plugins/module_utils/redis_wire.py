"""Speak with a Redis server in a few lines of its own protocol, so that no client is needed on a host."""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import BinaryIO, Self

PAUSE = 0.05
TIMEOUT = 5.0
OPEN = "without any password configured"

Reply = str | int | list["Reply"] | None


class NotReady(Exception):
    """Redis does not answer yet: nothing listens, or it still loads its data."""


class Refused(Exception):
    """Redis answered with an error that waiting does not cure; `code` is its first word, like `WRONGPASS`."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Session:
    """One connection, logged in as the user `default`; raises NotReady or Refused."""

    def __init__(self, host: str, port: int, password: str) -> None:
        self.address = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=TIMEOUT)
        except OSError as error:
            raise NotReady(f"no answer from {self.address} ({error})") from error
        self._answers: BinaryIO = self._socket.makefile("rb")
        try:
            self._login(password)
            self._ping()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._answers.close()
        self._socket.close()

    def _login(self, password: str) -> None:
        try:
            self.call("AUTH", password)
        except Refused as refused:
            # Somebody took the password away, so that anybody is let in.
            if OPEN not in str(refused):
                raise

    def _ping(self) -> None:
        try:
            pong = self.call("PING")
        except Refused as refused:
            if refused.code == "MISCONF":
                return  # one that cannot save refuses this too, but not to be asked and mended
            raise
        if pong != "PONG":
            raise Refused(f"{self.address} does not answer like Redis: `{str(pong)[:60]}`")

    def call(self, *words: str) -> Reply:
        """Send one command and return its answer; NotReady when the connection ends, Refused for an error."""
        try:
            self._socket.sendall(command(*words))
            return self._read()
        except OSError as error:
            raise NotReady(f"no answer from {self.address} ({error})") from error

    def pairs(self, *words: str) -> dict[str, str]:
        """Send a command whose answer is a flat list of names and values."""
        answer = self.call(*words)
        flat = [str(one) for one in answer] if isinstance(answer, list) else []
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def info(self, section: str = "default") -> dict[str, str]:
        """Names and values of INFO, or of one section of it."""
        text = str(self.call("INFO", section))
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def _read(self) -> Reply:
        line = self._answers.readline().decode(errors="replace").strip()
        kind, rest = line[:1], line[1:]
        if not line:
            raise NotReady(f"{self.address} hung up")
        if kind == "-":
            if rest.startswith(("LOADING", "BUSY ")):
                raise NotReady(f"Redis at {self.address} is loading its data")
            raise Refused(f"Redis at {self.address} answers `{rest}`", rest.split()[0])
        if kind == "+":
            return rest
        if kind == ":":
            return int(rest)
        if kind == "$":
            return None if rest == "-1" else self._answers.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == "*":
            return [self._read() for _ in range(int(rest))]
        raise Refused(f"{self.address} does not answer like Redis: `{line[:60]}`")


def wait(host: str, port: int, password: str, seconds: float) -> Session:
    """Return a session as soon as Redis lets one in; NotReady after `seconds`, Refused at once."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return Session(host, port, password)
        except NotReady as error:
            if time.monotonic() >= deadline:
                raise NotReady(f"{error} after {seconds:g} s") from error
        time.sleep(PAUSE)


def command(*words: str) -> bytes:
    """Return one command in Redis's wire format, which carries any character."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
