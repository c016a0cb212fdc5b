"""What is collected of RabbitMQ's node: a login as a broker answers it, and the files that a start reads."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence_broker_login as amqp
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence_broker_node as node


def frame(method: tuple[int, int], arguments: bytes = b"") -> bytes:
    payload = struct.pack(">HH", *method) + arguments
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


def closed(code: int, text: str) -> bytes:
    return frame((10, 50), struct.pack(">HB", code, len(text)) + text.encode() + b"\0\0\0\0")


START, TUNE = frame((10, 10), b"\0\x09"), frame((10, 30), struct.pack(">HIH", 2047, 131072, 60))


@contextmanager
def broker(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A broker on a port that says these things one after another, and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                for answer in answers:
                    heard.append(client.recv(4096))
                    client.sendall(answer)
                # What is closed with something unread in it is reset, and says another thing.
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(5)


def test_a_login_goes_through_to_the_virtual_host() -> None:
    with broker(START, TUNE, b"", frame((10, 41), b"\0"), frame((10, 51))) as (port, heard):
        said = amqp.login("127.0.0.1", port, "app", "pw", "app")
    assert said == {"username": "app", "vhost": "app", "code": 0, "text": ""}
    assert heard[0] == b"AMQP\0\0\x09\x01"
    assert b"\0app\0pw" in heard[1]


@pytest.mark.parametrize(
    ("answers", "code", "text"),
    [
        (
            (START, closed(403, "ACCESS_REFUSED - Login was refused")),
            403,
            "ACCESS_REFUSED - Login was refused",
        ),
        (
            (START, TUNE, b"", closed(530, "NOT_ALLOWED - vhost app not found")),
            530,
            "NOT_ALLOWED - vhost app not found",
        ),
        ((START,), -1, "the connection was closed without a word"),
        ((frame((20, 10)),), -1, "the answer was method 20.10"),
    ],
)
def test_a_refusal_is_told_as_the_broker_says_it(answers: tuple[bytes, ...], code: int, text: str) -> None:
    with broker(*answers) as (port, _):
        said = amqp.login("127.0.0.1", port, "app", "pw", "app")
    assert (said["code"], said["text"]) == (code, text)


def test_a_broker_that_does_not_listen_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert amqp.login("127.0.0.1", port, "app", "pw", "app")["code"] == -1


def test_what_a_start_reads_is_collected_without_passwords(tmp_path: Path) -> None:
    etc, lib, log = tmp_path / "etc/rabbitmq", tmp_path / "var/lib/rabbitmq", tmp_path / "var/log/rabbitmq"
    for one in (etc, lib / "mnesia/rabbit@localhost/quorum", log):
        one.mkdir(parents=True)
    (etc / "rabbitmq-env.conf").write_text(
        f'NODENAME=rabbit@localhost\nMNESIA_BASE="{lib}/mnesia"\nLOG_BASE={log}\n'
    )
    (etc / "rabbitmq.conf").write_text("# a = b\nconsumer_timeout = 1000\ndefault_pass = s3cret\n")
    (etc / "enabled_plugins").write_text("% by hand\n[rabbitmq_management,rabbitmq_mqtt].\n")
    mark = lib / "mnesia/rabbit@localhost/msg_stores/vhosts/A/.vhost"
    mark.parent.mkdir(parents=True)
    mark.touch()
    os.utime(mark, (1000, 1000))
    found = node.collect(tmp_path)
    assert found["name"] == "rabbit@localhost"
    assert found["resolves"]["here"]
    assert found["data"] == {"rabbit@localhost": 1000.0}
    assert found["settings"] == {"consumer_timeout": "1000"}
    assert found["plugins"] == ["rabbitmq_management", "rabbitmq_mqtt"]
    assert found["cookie"]["there"] is False


def test_a_node_without_files_is_called_after_the_host(tmp_path: Path) -> None:
    found = node.collect(tmp_path)
    assert found["name"] == f"rabbit@{socket.gethostname().partition('.')[0]}"
    assert (found["data"], found["plugins"]) == ({}, None)


@pytest.mark.parametrize(("logged", "same"), [("SECRET", True), ("OTHER", False), ("", None)])
def test_the_cookie_is_compared_with_that_of_the_last_start(
    tmp_path: Path, logged: str, same: bool | None
) -> None:
    path, log = tmp_path / ".erlang.cookie", tmp_path / "rabbit@localhost.log"
    path.write_text("SECRET")
    path.chmod(0o400)
    digest = base64.b64encode(hashlib.md5(logged.encode()).digest()).decode()
    log.write_text(f"<0.1.0>  cookie hash    : x==\n<0.1.0>  cookie hash    : {digest}\n" if logged else "")
    found = node.cookie(path, log)
    assert found["running"] is same
    assert (found["there"], found["mode"]) == (True, "0400")
    assert "SECRET" not in str(found)


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("192.0.2.1", False), ("no such host.invalid", False)]
)
def test_a_host_is_this_machine_or_not(host: str, here: bool) -> None:
    assert node.resolves(host)["here"] is here
