"""A beat that nobody declared is found among the processes, and nothing else is taken for one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rabbitry.errors import StackError
from rabbitry.processes import beats, running, running_there

OURS = "/opt/rabbitry/venv/bin/python /opt/rabbitry/venv/bin/celery -A sample beat -S rabbitry_beat:scheduler"


@pytest.mark.parametrize(
    "line",
    [
        "/usr/bin/python3 /srv/venv/bin/celery -A sample beat -l INFO",
        "celery --app=sample beat",
        "celery -Asample worker -B",
    ],
)
def test_a_beat_started_by_hand_is_found(line: str) -> None:
    assert beats([(7, line.split()), (8, OURS.split())], "sample") == [7]


@pytest.mark.parametrize(
    "line",
    [
        OURS,
        "celery -A other beat",
        "celery -A sample worker -n beat@host",
        "vim src/sample/beat.py",
        "celery -A",
    ],
)
def test_nothing_else_is_taken_for_one(line: str) -> None:
    assert beats([(7, line.split())], "sample") == []


def test_processes_of_containers_are_left_out(tmp_path: Path) -> None:
    for pid, numbers in ((5, "5"), (6, "6\t1"), (40, "40")):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "cmdline").write_bytes(b"celery\0beat\0")
        (folder / "status").write_text(f"Name:\tcelery\nNSpid:\t{numbers}\n")
    (tmp_path / "6" / "cmdline").write_bytes(b"")
    (tmp_path / "7").mkdir()
    assert running(tmp_path) == [(5, ["celery", "beat"]), (40, ["celery", "beat"])]


def test_the_processes_of_another_machine_are_read_there() -> None:
    found = dict(running_there([sys.executable, "-"]))
    assert found[os.getpid()] == dict(running())[os.getpid()]


def test_a_machine_that_cannot_be_asked_is_an_error() -> None:
    with pytest.raises(StackError, match="no way in"):
        running_there(["sh", "-c", "echo no way in >&2; exit 255"])
