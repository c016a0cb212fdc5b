"""What carries a stack, by the command line or as described last; what the words of Docker mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from rabbitry import containers
from rabbitry.environment import find
from rabbitry.errors import StackError
from rabbitry.inventory import carrier, overriding
from tests.unit.stack_document import document

STATE: dict[str, Any] = {
    "Running": True, "Restarting": False, "Paused": False, "OOMKilled": False, "Status": "running",
    "ExitCode": 0, "Error": "", "Pid": 7, "StartedAt": "2026-11-30T22:45:38.456970466Z",
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/local.yml").touch()
    (tmp_path / ".state/local").mkdir(parents=True)
    return tmp_path


def test_the_command_line_wins(root: Path) -> None:
    (root / ".state/local/stack.json").write_text(json.dumps(document()), encoding="utf-8")
    environment = find(root=root, on="compose")
    assert carrier(environment) == "compose"
    assert overriding(environment) == {"stack_runs_on": "compose"}


def test_what_was_described_last_stays(root: Path) -> None:
    assert carrier(find(root=root)) == ""
    (root / ".state/local/stack.json").write_text(
        json.dumps({**document(), "runs_on": "compose"}), encoding="utf-8"
    )
    assert carrier(find(root=root)) == "compose" and overriding(find(root=root)) == {}


def test_another_word_is_refused(root: Path) -> None:
    with pytest.raises(StackError, match="neither hosts nor compose"):
        find(root=root, on="cloud")


class Fake:
    """A container as docker-py shows it."""

    id = "abc"

    def __init__(self, **state: Any) -> None:
        self.attrs = {
            "State": {**STATE, **state},
            "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}},
            "RestartCount": 0,
            "NetworkSettings": {"Ports": {"5672/tcp": [{"HostPort": "5673"}], "25672/tcp": None}},
            "Config": {"Cmd": ["launch", "--environment-file", "/etc/rabbitry/celery.env", "--", "x"]},
        }


@pytest.mark.parametrize(
    ("told", "name", "running", "reason"),
    [
        ({}, "running", True, ""),
        ({"Health": {"Status": "healthy"}}, "running", True, ""),
        ({"Health": {"Status": "starting"}}, "starting", True, ""),
        (
            {"Health": {"Status": "unhealthy", "Log": [{"ExitCode": 1, "Output": "a\nno answer\n"}]}},
            "unhealthy", True, "no answer",
        ),
        ({"Status": "paused", "Paused": True}, "paused", False, ""),
        ({"Status": "exited", "Running": False}, "stopped", False, ""),
        ({"Status": "exited", "Running": False, "ExitCode": 3}, "failed", False, "it ended with status 3"),
        (
            {"Status": "exited", "Running": False, "ExitCode": 137, "OOMKilled": True},
            "failed", False, "it used more memory than it may",
        ),
        ({"Status": "restarting", "Restarting": True}, "starting", False, ""),
    ],
)  # fmt: skip
def test_states_have_the_names_that_supervisors_use(
    told: dict[str, Any], name: str, running: bool, reason: str
) -> None:
    found = containers.state(cast(Any, Fake(**told)))
    assert (found["state"], found["running"], found["reason"]) == (name, running, reason)
    assert found["listens"] == [5673] and found["environment_file"] == "/etc/rabbitry/celery.env"
