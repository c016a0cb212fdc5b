"""The numbers of RabbitMQ, Redis and Flower come over plain sockets; silence is one sentence."""

from __future__ import annotations

import base64
import http.server
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import pulse, sockets, vitals

PASSWORD = "pä ss@:/%2F\r\n"
MISSING = {"error": "Object Not Found", "reason": "Not Found"}
CHANNEL = {"peer_port": 40001}
ANSWERS: dict[str, tuple[int, Any]] = {
    "/api/overview": (200, {"rabbitmq_version": "4.0.5", "erlang_version": "27"}),
    "/api/nodes": (200, [{"name": "rabbit@localhost", "running": True, "mem_used": 5}]),
    "/api/health/checks/alarms": (503, {"alarms": [{"resource": "disk_space"}, {"resource": "disk_space"}]}),
    "/api/queues/a%2Fb?disable_stats=true&enable_queue_totals=true": (
        200,
        [
            {"vhost": "a/b", "name": "math", "type": "quorum", "messages_ready": 2},
            {"vhost": "a/b", "name": "celery_delayed_3", "type": "quorum", "messages": 4},
            {"vhost": "a/b", "name": "x.reply", "type": "classic", "exclusive": True},
        ],
    ),
    "/api/consumers/a%2Fb": (
        200,
        [{"queue": {"vhost": "a/b", "name": "math"}, "channel_details": CHANNEL, "prefetch_count": 8}],
    ),
    "/healthcheck": (200, "OK"),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        login = base64.b64encode(f"monitor:{PASSWORD}".encode()).decode()
        public = self.path == "/healthcheck"
        status, answer = ANSWERS.get(self.path, (404, MISSING))
        if not public and self.headers["Authorization"] != f"Basic {login}":
            status, answer = 401, {}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def web() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_broker_tells_alarms_queues_and_who_consumes(web: int) -> None:
    found = vitals.broker("127.0.0.1", web, "monitor", PASSWORD, ["a/b"])
    assert found["alarms"] == ["disk space"]
    assert found["delayed"] == {"a/b": 4}
    assert found["queues"] == [
        {
            "vhost": "a/b",
            "name": "math",
            "type": "quorum",
            "ready": 2,
            "unacknowledged": 0,
            "consumers": 1,
        }
    ]
    assert found["consumers"] == [{"vhost": "a/b", "queue": "math", "peer": 40001, "prefetch": 8}]
    assert found["nodes"][0]["mem_used"] == 5


def test_a_virtual_host_that_does_not_exist_has_no_queues(web: int) -> None:
    found = vitals.broker("127.0.0.1", web, "monitor", PASSWORD, ["other"])
    assert (found["queues"], found["consumers"], found["delayed"]) == ([], [], {"other": 0})


def test_a_wrong_password_and_a_closed_port_are_sentences(web: int) -> None:
    with pytest.raises(vitals.Silent, match="answers 401 to user `monitor`"):
        vitals.broker("127.0.0.1", web, "monitor", "other", ["a/b"])
    with pytest.raises(vitals.Silent, match="refuses connections at"):
        vitals.broker("127.0.0.1", 1, "monitor", PASSWORD, ["a/b"])
    with pytest.raises(vitals.Silent, match="refuses connections"):
        vitals.backend("127.0.0.1", 1, "", PASSWORD)
    with pytest.raises(vitals.Silent, match="refuses connections"):
        vitals.dashboard("127.0.0.1", 1, "stack-flower")


def test_flower_is_healthy(web: int) -> None:
    assert vitals.dashboard("127.0.0.1", web, "stack-flower") == {"healthy": True}


def _redis(answer: bytes) -> tuple[int, list[bytes], threading.Thread]:
    """A Redis that reads once and says `answer`: its port, what it heard, its thread."""
    server = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        with server, server.accept()[0] as connection:
            heard.append(connection.recv(4096))
            connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return server.getsockname()[1], heard, thread


def test_redis_tells_its_memory_and_persistence() -> None:
    info = (
        b"# Server\r\nredis_version:8.0.2\r\nused_memory:42\r\nmaxmemory:0\r\nrdb_last_bgsave_status:ok\r\n"
    )
    port, heard, thread = _redis(b"+OK\r\n$%d\r\n%s\r\n" % (len(info), info))
    found = vitals.backend("127.0.0.1", port, "", PASSWORD)
    thread.join(5)
    assert found["versions"] == {"redis": "8.0.2"}
    assert found["memory"]["used_memory"] == 42
    assert found["persistence"]["rdb_last_bgsave_status"] == "ok"
    secret = PASSWORD.encode()
    assert heard == [b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n*1\r\n$4\r\nINFO\r\n" % (len(secret), secret)]


def test_redis_refuses_the_password() -> None:
    port, _, thread = _redis(b"-WRONGPASS\r\n")
    with pytest.raises(vitals.Silent, match="redis-server refuses the password"):
        vitals.backend("127.0.0.1", port, "default", PASSWORD)
    thread.join(5)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_a_process_is_known_by_its_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            found = sockets.ports_of({"me": os.getpid(), "none": 0})
            assert port in found["me"]["listens"]
            assert client.getsockname()[1] in found["me"]["from"]
            assert found["none"] == {"listens": [], "from": []}


def test_versions_are_read_from_the_environment(tmp_path: Path) -> None:
    site = tmp_path / "venv" / "lib" / "python3.13" / "site-packages"
    for name in ("celery-5.7.0.dist-info", "kombu-5.7.0.dist-info", "celery_once-3.0.1.dist-info", "vine"):
        (site / name).mkdir(parents=True)
    assert pulse.versions(tmp_path) == {"celery": "5.7.0", "kombu": "5.7.0"}
