"""The program that a container's health check runs: what it says is what works."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.support.repository import ROOT

PROGRAM = ROOT / "roles/service/files/healthy"


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/fine" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def healthy(*words: str) -> tuple[bool, str]:
    done = subprocess.run(
        [sys.executable, "-IS", str(PROGRAM), *words], capture_output=True, text=True, timeout=20, check=False
    )
    return done.returncode == 0, done.stderr.strip()


def test_a_file_that_was_touched_lately_is_health(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    path.touch()
    assert healthy("--fresh", str(path)) == (True, "")


def test_an_old_file_and_a_missing_one_are_not(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    path.touch()
    os.utime(path, (time.time() - 60, time.time() - 60))
    works, said = healthy("--fresh", str(path))
    assert not works and f"`{path}` was not touched for 6" in said
    assert "No such file" in healthy("--fresh", str(tmp_path / "none"))[1]


def test_a_port_that_takes_connections_is_health(port: int) -> None:
    assert healthy("--tcp", f"127.0.0.1:{port}")[0]
    with socket.create_server(("127.0.0.1", 0)) as held:
        closed = held.getsockname()[1]
    assert not healthy("--tcp", f"127.0.0.1:{closed}")[0]


def test_an_answer_of_the_wanted_status_is_health(port: int) -> None:
    assert healthy("--http", f"http://127.0.0.1:{port}/fine")[0]
    assert healthy("--http", f"http://127.0.0.1:{port}/other", "503")[0]
    assert "answers 503, not 200" in healthy("--http", f"http://127.0.0.1:{port}/other")[1]
