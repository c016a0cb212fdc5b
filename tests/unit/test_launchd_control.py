"""launchctl's documented answers as states and errors, and which domain an agent belongs to."""

from __future__ import annotations

import os
import plistlib
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    control_brew,
    control_launchd,
    launchctl,
    launchd,
    layout,
    processes,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError

UID = os.getuid()
RUNNING = """\
gui/501/rabbitry.app = {
\tactive count = 1
\tpath = /Users/ann/Library/LaunchAgents/rabbitry.app.plist
\ttype = LaunchAgent
\tstate = running

\tprogram = /opt/homebrew/opt/python@3.13/bin/python3.13
\tendpoints = {
\t\tstate = active
\t\tpid = 7
\t}
\truns = 3
\tpid = 4242
\tlast exit code = 9
}
"""
ENDED = (
    "gui/501/rabbitry.app = {\n\tstate = spawn scheduled\n\truns = 3\n\tlast exit code = 78: EX_CONFIG\n}\n"
)
NEVER = "x = {\n\tstate = spawn scheduled\n\truns = 0\n\tlast exit code = (never exited)\n}\n"
DISABLED = (
    '\tdisabled services = {\n\t\t"rabbitry.app" => disabled\n\t\t"old" => true\n\t\t"on" => enabled\n\t}\n'
)

Answers = Callable[[Mapping[str, tuple[int, str]]], list[list[str]]]


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> layout.Layout:
    here = layout.darwin("/opt/homebrew", "ann", "staff", str(tmp_path))
    for module in (launchd, control_brew, control_launchd):
        monkeypatch.setattr(module, "HERE", here)
    Path(here.agents).mkdir(parents=True)
    return here


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Let launchctl answer by the first words of what it is asked: {words: (status, output)}."""

    def answer(known: Mapping[str, tuple[int, str]]) -> list[list[str]]:
        asked: list[list[str]] = []

        def run(command: list[str], *_: object, **__: object) -> subprocess.CompletedProcess[str]:
            asked.append(command[1:])
            line = " ".join(command[1:])
            code, text = next((one for words, one in known.items() if line.startswith(words)), (0, ""))
            return subprocess.CompletedProcess(command, code, "" if code else text, text if code else "")

        monkeypatch.setattr(launchctl, "run", run)
        return asked

    return answer


def service(**more: Any) -> Service:
    return Service.from_vars({"name": "app", "command": ["/bin/x"], "user": "ann", **more})


def agent(here: layout.Layout, **more: Any) -> None:
    job = {"Label": "rabbitry.app", "KeepAlive": True, **more}
    (Path(here.agents) / f"{job['Label']}.plist").write_bytes(plistlib.dumps(job))


@pytest.mark.parametrize(
    ("text", "code", "job", "state", "restarts", "reason"),
    [
        (RUNNING, 0, {}, "running", 2, "exit status 9"),
        (ENDED, 0, {}, "crashing", 2, "exit status 78"),
        (NEVER, 0, {}, "starting", 0, ""),
        (ENDED, 0, {"KeepAlive": False}, "failed", 2, "exit status 78"),
        ("Could not find service", 113, {}, "stopped", 0, ""),
        ("Domain does not support specified action", 125, {}, "stopped", 0, ""),
    ],
)
def test_states(
    mac: layout.Layout, says: Answers, monkeypatch: pytest.MonkeyPatch,
    text: str, code: int, job: dict[str, Any], state: str, restarts: int, reason: str,
) -> None:  # fmt: skip
    agent(mac, **job)
    says({"print-disabled": (0, ""), "print": (code, text)})
    monkeypatch.setattr(control_launchd, "waiting", lambda pid: False)
    found = control_launchd.Launchd().states([service()])["app"]
    assert (found.state, found.restarts, found.reason) == (state, restarts, reason)
    assert found.pid == (4242 if state == "running" else 0)
    assert found.enabled


def test_an_agent_without_a_property_list_is_missing_and_a_formula_is_stopped(
    mac: layout.Layout, says: Answers
) -> None:
    says({"print-disabled": (0, ""), "print": (113, "Could not find service")})
    formula = service(name="redis-server", formula="redis")
    states = control_launchd.Launchd().states([service(), formula])
    assert [one.state for one in states.values()] == ["missing", "stopped"]


@pytest.mark.parametrize(("job", "listed"), [({"Disabled": True}, ""), ({}, DISABLED)])
def test_what_does_not_start_at_login_is_not_enabled(
    mac: layout.Layout, says: Answers, job: dict[str, Any], listed: str
) -> None:
    agent(mac, **job)
    says({"print-disabled": (0, listed), "print": (113, "")})
    assert not control_launchd.Launchd().states([service()])["app"].enabled


def test_the_domain_is_that_of_the_screen_or_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = tmp_path / "console"
    monkeypatch.setattr(launchctl, "CONSOLE", console)
    assert launchctl.domains() == (f"user/{UID}", f"gui/{UID}")
    console.touch()
    assert launchctl.domains() == (f"gui/{UID}", f"user/{UID}")


def test_a_job_of_the_login_is_found_from_ssh(
    says: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launchctl, "CONSOLE", tmp_path / "none")
    asked = says(
        {f"print user/{UID}": (113, ""), f"print gui/{UID}": (0, RUNNING), "bootout": (36, "in progress")}
    )
    assert launchctl.find("rabbitry.app")[0] == f"gui/{UID}"
    assert launchctl.unload("rabbitry.app")
    assert asked[-1] == ["bootout", f"gui/{UID}/rabbitry.app"]


def test_a_job_that_is_not_loaded_is_not_stopped(says: Answers) -> None:
    asked = says({"print": (113, "")})
    assert not launchctl.unload("rabbitry.app")
    assert all(words[0] == "print" for words in asked)


def test_an_error_of_launchds_is_told_with_its_words(says: Answers) -> None:
    says({"bootstrap": (5, "Bootstrap failed: 5: Input/output error")})
    with pytest.raises(SupervisorError, match="Bootstrap failed: 5") as failed:
        launchctl.load("rabbitry.app", "/a/rabbitry.app.plist")
    assert failed.value.hint == "plutil -lint /a/rabbitry.app.plist"
    says({"print": (1, "Operation not permitted")})
    with pytest.raises(SupervisorError, match="launchd does not answer: Operation not permitted"):
        launchctl.find("rabbitry.app")


def test_only_what_was_disabled_is_enabled(says: Answers) -> None:
    asked = says({"print-disabled": (0, DISABLED)})
    assert launchctl.disabled() == {"rabbitry.app", "old"}
    launchctl.load("on", "/a")
    assert [words[0] for words in asked if words[0] != "print-disabled"] == ["bootstrap"]
    launchctl.load("rabbitry.app", "/a")
    assert [words[0] for words in asked[-2:]] == ["enable", "bootstrap"]


def test_an_agent_is_the_users_own(mac: layout.Layout) -> None:
    ((path, text),) = control_launchd.Launchd().files(service(restart="on-failure", umask="0027")).items()
    job = plistlib.loads(text.encode())
    assert path == f"{mac.agents}/rabbitry.app.plist"
    assert not {"UserName", "GroupName", "HardResourceLimits"} & job.keys()
    assert job["KeepAlive"] == {"SuccessfulExit": False} and job["Umask"] == 0o027
    assert "Disabled" not in job and {"Aqua", "Background"} <= set(job["LimitLoadToSessionType"])
    off = control_launchd.Launchd().files(service(), enabled=False)[path]
    assert plistlib.loads(off.encode())["Disabled"] is True


def test_nobody_elses_account_can_be_asked_for(mac: layout.Layout) -> None:
    with pytest.raises(Exception, match="runs it as the user ann"):
        launchd.render(service(user="celery"))


def test_a_formula_has_only_its_variables(mac: layout.Layout) -> None:
    formula = service(name="rabbitmq-server", formula="rabbitmq", environment={"A": "b c"})
    assert control_brew.files(formula) == {f"{mac.user_home}/.homebrew/services/rabbitmq.env": "A=b c\n"}
    assert control_brew.files(service(formula="redis")) == {}
    with pytest.raises(Exception, match="one plain line"):
        control_brew.files(service(formula="redis", environment={"A": "b\nc"}))
    assert launchd.label(formula) == "homebrew.mxcl.rabbitmq"


@pytest.mark.parametrize(
    ("names", "ended"), [(["epmd"], ["epmd"]), (["epmd", "beam.smp"], []), (["bash"], [])]
)
def test_the_port_mapper_goes_with_the_last_node(
    monkeypatch: pytest.MonkeyPatch, names: list[str], ended: list[str]
) -> None:
    found = [
        processes.Process(pid=number, uid=501, name=name, arguments=(name,), service="", started="x")
        for number, name in enumerate(names, 2)
    ]
    gone: list[str] = []
    monkeypatch.setattr(control_brew.processes, "running", lambda: iter(found))
    monkeypatch.setattr(control_brew.processes, "end", lambda one: bool(gone.append(one.name)) or True)
    control_brew.end_leftovers(service(formula="rabbitmq"))
    assert gone == ended


def test_brews_refusal_is_told(mac: layout.Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "==> Downloading\nError: Formula `redis` is not installed.\n"
    done = subprocess.CompletedProcess(["brew"], 1, said)
    monkeypatch.setattr(control_brew.brew, "run", lambda *_, **__: done)
    with pytest.raises(SupervisorError, match="failed: Formula `redis` is not installed") as failed:
        control_brew.start(service(formula="redis"))
    assert failed.value.hint == "brew services info redis"
