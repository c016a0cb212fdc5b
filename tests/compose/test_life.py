"""A stack's life in containers: up, smoke, nothing changes, down and up with its data, destroyed.

What is not marked as long is the fast case of the default run.
"""

from __future__ import annotations

import json

import pytest

from rabbitry.post import Post
from tests.support.contained import Contained
from tests.support.repository import ROOT

UP = 420
KEY = "kept by a user"

pytestmark = [pytest.mark.hosts, pytest.mark.steps]


@pytest.mark.long
def test_a_check_of_a_fresh_machine_tells_and_changes_nothing(stack: Contained) -> None:
    result = stack.inv("up", "--on", "compose", "--check")
    assert "Start broker and backend" in result.out and "Write it down" in result.out
    assert stack.left() == {} and not (stack.environment.state / "compose").exists()


def test_up_proves_that_tasks_come_back(stack: Contained) -> None:
    result = stack.inv("up", "--on", "compose", seconds=UP)
    assert "2 of 2 queues carried a task" in result.err


def test_smoke_keeps_every_promise(stack: Contained) -> None:
    answer = json.loads(stack.inv("smoke", "--json").out)
    assert answer["kept"] and len(answer["promises"]) == 20


def test_a_second_up_changes_nothing(stack: Contained) -> None:
    before = {name: one["Id"] for name, one in stack.containers().items()}
    stack.inv("up", seconds=UP)
    assert stack.changed() == []
    assert {name: one["Id"] for name, one in stack.containers().items()} == before


def test_status_and_doctor_find_nothing_wrong(stack: Contained) -> None:
    status = json.loads(stack.inv("status", "--json").out)
    assert status["healthy"] and {one["state"] for one in status["services"]} == {"running"}
    assert json.loads(stack.inv("doctor", "--json").out)["findings"] == []


def test_no_password_is_where_the_engine_shows_it(stack: Contained) -> None:
    secrets = json.loads(stack.environment.secrets.read_text(encoding="utf-8"))
    shown = json.dumps(stack.containers())
    assert [name for name, secret in secrets.items() if secret in shown] == []


def test_what_is_mounted_is_closed_to_others(stack: Contained) -> None:
    folder = stack.environment.state / "compose" / "files"
    modes = {path: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert modes and [str(path) for path, mode in modes.items() if mode & 0o027] == []


@pytest.mark.long
def test_a_worker_that_crashes_comes_back_and_its_task_is_done(stack: Contained) -> None:
    post, service = Post(stack.clients()), "stack-worker-default"
    before = stack.containers()[service]
    letters = [post.send("sleep", 1.5, queue="default") for _ in range(4)]
    stack.crash(service)
    stack.wait_healthy(service, before)
    assert [post.answer(letter, seconds=60) for letter in letters] == [1.5] * 4


def test_logs_are_the_containers(stack: Contained) -> None:
    lines = stack.inv("logs", "worker", "--lines", "5").out.splitlines()
    assert lines and any("Task rabbitry.probe" in line for line in lines)


@pytest.mark.long
def test_down_stops_in_time_and_up_finds_the_data(stack: Contained) -> None:
    stack.clients().redis().set(KEY, "1")
    stack.inv("down", seconds=120)
    assert {one["State"]["Status"] for one in stack.containers().values()} == {"exited"}
    assert [name for name, one in stack.containers().items() if one["State"]["ExitCode"]] == []
    stack.inv("up", seconds=UP)
    assert stack.clients().redis().get(KEY) == "1"


def test_destroy_leaves_nothing(stack: Contained) -> None:
    stack.inv("destroy", "--yes", seconds=180)
    assert stack.left() == {}
    assert not (stack.environment.state / "compose").exists()
    assert list((stack.environment.state / "backup").glob("definitions-*.json"))


def test_nothing_of_it_stays_in_the_checkout() -> None:
    assert not (ROOT / "compose/.env").exists() or "contained" not in (ROOT / "compose/.env").read_text()
