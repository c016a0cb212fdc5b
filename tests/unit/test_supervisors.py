"""What systemctl, supervisord's log and launchctl say, as states; and processes that nobody looks after."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    control_systemd,
    service_state,
    supervisor,
    supervisord_rpc,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service

LEFTOVERS = Path(__file__).parents[2] / "roles/service/files/end-leftovers"
BLOCK = {
    "LoadState": "loaded", "ActiveState": "active", "SubState": "running", "MainPID": "0", "NRestarts": "0",
    "UnitFileState": "enabled", "NeedDaemonReload": "no", "Result": "success", "ExecMainCode": "0",
    "ExecMainStatus": "0",
}  # fmt: skip
SUPERVISORD_LOG = """\
2026-11-23 13:03:10,662 WARN exited: old (exit status 3; not expected)
2026-11-23 13:03:13,675 INFO supervisord started with pid 223
2026-11-23 13:03:14,821 INFO spawned: 'crash' with pid 227
2026-11-23 13:03:15,209 WARN exited: crash (exit status 3; not expected)
2026-11-23 13:03:16,884 WARN exited: crash (terminated by SIGKILL; not expected)
2026-11-23 13:03:17,884 WARN exited: good (exit status 1; not expected)
2026-11-23 13:03:18,719 INFO success: good entered RUNNING state, process has stayed up for > than 5 seconds
2026-11-23 13:03:26,385 WARN stopped: good (terminated by SIGTERM)
"""


def service(name: str = "app") -> Service:
    return Service.from_vars({"name": name, "command": ["/bin/x"], "user": "app"})


def answer(monkeypatch: pytest.MonkeyPatch, module: object, text: str, rc: int = 0) -> list[list[str]]:
    asked: list[list[str]] = []

    def run(command: list[str], *_: object, **__: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, rc, text, "no")

    monkeypatch.setattr(module, "run", run)
    return asked


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        ({}, "running", ""),
        ({"ActiveState": "activating", "SubState": "start"}, "starting", ""),
        ({"ActiveState": "activating", "SubState": "auto-restart", "ExecMainCode": "1",
          "ExecMainStatus": "3"}, "crashing", "exit status 3"),
        ({"ActiveState": "failed", "ExecMainCode": "1", "ExecMainStatus": "203"},
         "failed", "cannot execute its command"),
        ({"ActiveState": "failed", "ExecMainCode": "2", "ExecMainStatus": "9"},
         "failed", "killed by signal 9"),
        ({"ActiveState": "inactive"}, "stopped", ""),
        ({"ActiveState": "inactive", "LoadState": "masked"}, "stopped", "its unit is masked"),
        ({"ActiveState": "inactive", "LoadState": "not-found"}, "missing", ""),
    ],
)  # fmt: skip
def test_systemd_is_asked_once_for_all(
    monkeypatch: pytest.MonkeyPatch, facts: dict[str, str], state: str, reason: str
) -> None:
    blocks = ["\n".join(f"{k}={v}" for k, v in (BLOCK | change).items()) for change in (facts, {})]
    asked = answer(monkeypatch, control_systemd, "\n\n".join(blocks) + "\n")
    found = control_systemd.Systemd().states([service(), service("two")])
    assert (found["app"].state, found["app"].reason, found["app"].enabled) == (state, reason, True)
    assert found["two"].running and len(asked) == 1 and asked[0][-2:] == ["app.service", "two.service"]


def test_supervisords_log_tells_crashes_from_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "supervisord.log"
    log.write_text(SUPERVISORD_LOG)
    monkeypatch.setattr(supervisord_rpc, "LOG", str(log))
    assert supervisord_rpc.crashes() == {"crash": (2, "terminated by SIGKILL"), "good": (0, "")}


def test_without_supervisord_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisord_rpc, "SOCKET", str(tmp_path / "none.sock"))
    assert supervisord_rpc.processes() == {} and supervisord_rpc.pid() == 0
    found = supervisor.control("supervisord").states([service("never-heard-of")])
    assert found["never-heard-of"].state == "missing"


def test_the_start_of_a_process_and_the_end_of_a_log(tmp_path: Path) -> None:
    assert 0 < service_state.process_start(os.getpid()) < service_state.process_start(os.getpid()) + 1
    assert service_state.process_start(0) == 0
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {number}\n" for number in range(5000)))
    assert service_state.tail(str(log), 2) == ["line 4998", "line 4999"]
    end = service_state.size_of(str(log))
    assert service_state.tail(str(log), 30, end) == []
    log.write_text("after rotation\n")
    assert service_state.tail(str(log), 30, end) == ["after rotation"]
    assert service_state.tail(str(tmp_path / "none"), 30) == []


def test_processes_that_nobody_looks_after_are_ended() -> None:
    def child(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import signal; print(flush=True); signal.pause()"]
        process = subprocess.Popen(command, env={"RABBITRY_SERVICE": name}, stdout=subprocess.PIPE)
        assert process.stdout and process.stdout.readline()
        return process

    with ExitStack() as stack:
        left, other, kept = (
            stack.enter_context(child(f"probe-{name}")) for name in ("left", "other", "kept")
        )
        for process in (left, other, kept):
            stack.callback(process.kill)  # also when the test fails: leaving a Popen waits for its end
        for name in ("probe-left", "probe-kept"):
            below = ["--keep-below", str(os.getpid())] if name == "probe-kept" else []
            done = subprocess.run(
                [sys.executable, str(LEFTOVERS), *below, name], capture_output=True, text=True, timeout=30
            )
            assert done.returncode == 0, done.stderr
        assert left.wait(10) == -15
        assert other.poll() is None and kept.poll() is None
