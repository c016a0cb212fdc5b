"""A login over AMQP 0-9-1 as clients do it, and what the broker answers; nothing but the standard library."""

from __future__ import annotations

import socket
import struct
from typing import Any

TIMEOUT = 3.0
START, TUNE, OPEN_OK, CLOSE = (10, 10), (10, 30), (10, 41), (10, 50)


def login(
    host: str, port: int, username: str, password: str, vhost: str, timeout: float = TIMEOUT
) -> dict[str, Any]:
    """Return {"code": AMQP's (0: let in), "text": its sentence, "username", "vhost"}.

    The code is -1 when nothing answers in time, the text then says why.
    """
    asked = {"username": username, "vhost": vhost}
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.settimeout(timeout)
            return {**asked, **_open(_Wire(connection), username, password, vhost)}
    except (OSError, struct.error) as error:
        return {**asked, "code": -1, "text": str(error) or type(error).__name__}


def _open(wire: _Wire, username: str, password: str, vhost: str) -> dict[str, Any]:
    wire.greet()
    name, rest = wire.read()
    if name == START:
        # With it a refused login is told why, instead of being hung up on.
        told = _short("authentication_failure_close") + b"t\x01"
        table = _short("capabilities") + b"F" + _long(told)
        plain = f"\0{username}\0{password}".encode()
        wire.write((10, 11), _long(table) + _short("PLAIN") + _long(plain) + _short("en_US"))
        name, rest = wire.read()
    if name == TUNE:
        wire.write((10, 31), rest[:6] + struct.pack(">H", 0))
        wire.write((10, 40), _short(vhost) + b"\0\0")
        name, rest = wire.read()
    if name == CLOSE:
        code, length = struct.unpack(">HB", rest[:3])
        wire.write((10, 51), b"")
        return {"code": code, "text": rest[3 : 3 + length].decode(errors="replace")}
    if name != OPEN_OK:
        return {"code": -1, "text": f"the answer was method {name[0]}.{name[1]}"}
    wire.write(CLOSE, struct.pack(">H", 200) + b"\0" + struct.pack(">HH", 0, 0))
    wire.read()
    return {"code": 0, "text": ""}


class _Wire:
    """Frames of channel 0, each a method."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def greet(self) -> None:
        self._connection.sendall(b"AMQP\x00\x00\x09\x01")

    def write(self, method: tuple[int, int], arguments: bytes) -> None:
        payload = struct.pack(">HH", *method) + arguments
        self._connection.sendall(struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce")

    def read(self) -> tuple[tuple[int, int], bytes]:
        _, _, size = struct.unpack(">BHI", self._exactly(7))
        payload = self._exactly(size + 1)[:-1]
        one, two = struct.unpack(">HH", payload[:4])
        return (one, two), payload[4:]

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self._connection.recv(count - len(found))
            if not part:
                raise ConnectionError("the connection was closed without a word")
            found += part
        return found


def _short(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">B", len(data)) + data


def _long(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
