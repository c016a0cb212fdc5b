"""Waiting for readiness: what counts as ready, and what is said when it never comes."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import service_ready, service_wait
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Ready, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import State

from tests.unit.fake_supervisor import FakeSupervisor


@pytest.fixture
def hand(tmp_path: Path) -> FakeSupervisor:
    return FakeSupervisor(tmp_path)


def service(ready: dict[str, Any] | None = None, **change: Any) -> Service:
    return Service.from_vars(
        {
            "name": "app",
            "command": ["/bin/x"],
            "user": "app",
            "ready": {"timeout": 5, **(ready or {})},
            **change,
        }
    )


def wait(hand: FakeSupervisor, one: Service, old_pid: int = 0) -> tuple[list[str], list[service_wait.Fault]]:
    started = service_wait.places(hand, [one], {"app": State(pid=old_pid)})
    ready, faults = service_wait.wait(hand, [one], started)
    return list(ready), faults


def test_the_old_process_does_not_count_as_ready(hand: FakeSupervisor, tmp_path: Path) -> None:
    sign = tmp_path / "ready"
    sign.touch()
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        hand.set("app", state="running", pid=1 if looks < 4 else 2)

    hand.on_look = look
    assert wait(hand, service({"file": str(sign)}), old_pid=1) == (["app"], [])
    assert looks == 4


def test_a_crash_loop_is_named_early_with_its_log(hand: FakeSupervisor) -> None:
    def look() -> None:
        crashes = hand.known["app"].restarts if "app" in hand.known else 7
        hand.set(
            "app", state="crashing", restarts=crashes + 1, reason="exit status 3" if crashes == 8 else ""
        )

    hand.on_look = look
    began = time.monotonic()
    _, (fault,) = wait(hand, service({"timeout": 60}))
    assert time.monotonic() - began < 5
    host = socket.gethostname()
    assert fault.message == (
        f"service `app` on {host} keeps ending (2 times in a row): exit status 3;"
        " its log says: ValueError: no such broker"
    )
    assert fault.hint == "tail app.log" and fault.log[0] == "it begins"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            {"state": "failed", "reason": "killed by signal 9"},
            "has ended and is not started again: killed by",
        ),
        ({"state": "missing"}, "is not known to the supervisor"),
        ({"state": "stopped"}, "is not ready after 0.2 s: it is stopped"),
        ({"state": "starting", "pid": 7}, "is not ready after 0.2 s: it is starting"),
        (
            {"state": "running", "pid": 7, "since": 1},
            "is not ready after 0.2 s: nothing answers at 127.0.0.1:1",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    hand: FakeSupervisor, state: dict[str, Any], words: str
) -> None:
    hand.set("app", **state)
    ready, (fault,) = wait(hand, service({"tcp": "127.0.0.1:1", "timeout": 0.2}))
    assert not ready and words in fault.message


def test_one_service_that_fails_does_not_hide_another(hand: FakeSupervisor) -> None:
    hand.set("app", state="failed")
    hand.set("two", state="running", pid=9, since=time.time() - 60)
    ready, faults = service_wait.wait(hand, [service(), service(name="two")], {})
    assert list(ready) == ["two"] and [fault.service for fault in faults] == ["app"]


def test_the_log_begins_where_this_start_began(hand: FakeSupervisor, tmp_path: Path) -> None:
    own = tmp_path / "own.log"
    own.write_text("of the last run\n")
    hand.log = lambda *_: []  # type: ignore[method-assign]
    one = service(log_files=[str(own)])
    places = service_wait.places(hand, [one], {"app": State()})
    with own.open("a") as file:
        file.write("error: of this run\n")
    hand.set("app", state="failed")
    _, (fault,) = service_wait.wait(hand, [one], places)
    assert fault.log == ["error: of this run"]


@pytest.fixture
def web() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_signs_of_readiness(web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert service_ready.missing(Ready()) == ""
    assert service_ready.missing(Ready(tcp=web)) == ""
    assert service_ready.missing(Ready(http=f"http://{web}/", status=401)) == ""
    assert service_ready.missing(Ready(http=f"http://{web}/")) == f"http://{web}/ answers 401, not 200"
    assert "does not answer" in service_ready.missing(Ready(http="http://127.0.0.1:1/"))
    sign = tmp_path / "ready"
    assert service_ready.missing(Ready(file=str(sign))) == f"`{sign}` is not there yet"
    sign.touch()
    assert service_ready.missing(Ready(file=str(sign))) == ""
