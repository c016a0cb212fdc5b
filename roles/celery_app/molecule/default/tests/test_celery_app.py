"""The application imports as its user with its settings, keeps its secrets, and refuses a broken release."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import application
from tests.support.remote import Remote

SEEN = """\
import json, os, pwd
from sample.celery import app
print(json.dumps({
    "user": pwd.getpwuid(os.getuid()).pw_name,
    "broker": app.conf.broker_url,
    "limit": app.conf.task_time_limit,
    "awkward": os.environ["AWKWARD"],
    "answer": getattr(__import__("sample"), "ANSWER", None),
}))
"""
MODULE = """\
from celery import Celery

ANSWER = 42
app = Celery("sample")
app.config_from_object("stack_settings")
"""


def release(folder: Path, text: str) -> str:
    """Write an application with the given celery.py; return its folder."""
    (folder / "sample").mkdir()
    (folder / "sample/__init__.py").write_text("from sample.celery import ANSWER\n")
    (folder / "sample/celery.py").write_text(text)
    return str(folder)


def current(machine: Remote) -> str:
    return machine.run(["readlink", "-f", "/opt/rabbitry/current"]).out.strip()


@pytest.fixture
def seen(machine: Remote) -> Callable[[], Any]:
    return lambda: application.python(machine, SEEN)


def test_it_imports_as_the_service_user_with_the_given_settings(
    machine: Remote, seen: Callable[[], Any]
) -> None:
    found = seen()
    assert found["user"] == "celery"
    assert found["broker"] == machine.vars["celery_app_broker_url"]
    assert found["limit"] >= 77
    assert found["awkward"] == machine.vars["celery_app_environment"]["AWKWARD"]


def test_nobody_else_can_read_a_secret(machine: Remote) -> None:
    places = ["/etc/rabbitry", "/opt/rabbitry", "/var/lib/rabbitry"]
    assert machine.run(["grep", "-rl", "s3cret", *places], check=False).out, "the secrets are somewhere"
    assert machine.run(["grep", "-rl", "s3cret", *places], user="nobody", check=False).out == ""


def test_the_service_user_cannot_change_the_code_that_it_runs(machine: Remote) -> None:
    changed = "find -L /opt/rabbitry/current /opt/rabbitry/lib /opt/rabbitry/venv/bin -writable | head -n 3"
    assert machine.run(changed, user="celery").out == ""


@pytest.mark.parametrize("broken", ["def app(:\n", "import no_such_module\n"])
def test_a_broken_release_is_refused_and_the_old_one_stays(
    machine: Remote, refused: Callable[..., str], seen: Callable[[], Any], tmp_path: Path, broken: str
) -> None:
    before = current(machine), seen()
    assert "sample" in refused(celery_app_source=release(tmp_path, broken))
    assert (current(machine), seen()) == before


def test_a_good_release_takes_over(
    machine: Remote, converge: Callable[..., int], seen: Callable[[], Any], tmp_path: Path
) -> None:
    converge(celery_app_source=release(tmp_path, MODULE))
    assert seen()["answer"] == 42


TOLD = "/var/tmp/release-commands"
RUN = f"echo $TOKEN $PWD >>{TOLD}"


def told(machine: Remote) -> list[str]:
    """Where each command ran that has run so far."""
    lines = machine.run(f"cat {TOLD}", check=False).out.splitlines()
    # It has the variables of the environment file.
    assert all(line.startswith("s3cret-token ") for line in lines)
    return [line.partition(" ")[2] for line in lines]


@pytest.mark.parametrize("shared", [False, True])
def test_a_command_that_fails_keeps_what_runs_and_shows_no_secret(
    machine: Remote, refused: Callable[..., str], tmp_path: Path, shared: bool
) -> None:
    before = current(machine)
    failing = ["sh", "-c", "id -un; echo $TOKEN; exit 3"]
    said = refused(
        celery_app_source=release(tmp_path, f"{MODULE}# failing {shared}\n"),
        celery_app_release_commands=[failing],
        celery_app_release_shared=shared,
    )
    assert "ended with status 3" in said and "as user `celery`" in said
    assert "***" in said and "s3cret-token" not in said
    assert current(machine) == before


def test_commands_run_once_in_a_release_before_it_is_used(
    machine: Remote, converge: Callable[..., int], tmp_path: Path
) -> None:
    given = {
        "celery_app_source": release(tmp_path, f"{MODULE}# with commands\n"),
        "celery_app_release_commands": [["sh", "-c", RUN]],
        "celery_app_release_shared": True,
    }
    assert converge(**given)
    assert told(machine) == [current(machine)]
    assert converge(**given) == 0
    assert told(machine) == [current(machine)]


def test_another_host_runs_them_where_this_is_not_the_first(
    machine: Remote, converge: Callable[..., int], tmp_path: Path
) -> None:
    before = told(machine)
    converge(
        celery_app_source=release(tmp_path, f"{MODULE}# elsewhere\n"),
        celery_app_release_commands=[["sh", "-c", RUN]],
        celery_app_release_shared=True,
        celery_app_release_first=False,
    )
    assert told(machine) == before
    assert current(machine) not in before
