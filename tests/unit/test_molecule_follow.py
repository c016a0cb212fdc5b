"""A program is followed line by line, and ended with all that it started when its time is over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rabbitry import host
from tests.support.wait import wait_until


def follow(script: str, heard: list[str], folder: Path, seconds: float = 20) -> int:
    argv = ["sh", "-c", script]
    return host.follow(argv, heard.append, folder=folder, environment={"WORD": "said"}, seconds=seconds)


def test_every_line_is_heard_and_the_exit_code_is_the_programs(tmp_path: Path) -> None:
    heard: list[str] = []
    assert follow("echo $WORD; pwd; echo complaint >&2; exit 3", heard, tmp_path) == 3
    assert heard == ["said", str(tmp_path), "complaint"]


def test_a_program_that_hangs_ends_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    assert follow("sleep 60 & echo $! > child; wait", [], tmp_path, seconds=0.5) != 0
    assert time.monotonic() - began < 20
    child = (tmp_path / "child").read_text().strip()
    wait_until(lambda: not is_alive(child), 10, "the child ends")


def test_a_reader_that_fails_ends_the_program(tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        host.follow(
            ["sh", "-c", "echo $$ > self; echo x; sleep 60"],
            refuse,
            folder=tmp_path,
            environment={},
            seconds=50,
        )
    wait_until(lambda: not is_alive((tmp_path / "self").read_text().strip()), 10, "the program ends")


def is_alive(pid: str) -> bool:
    """Say whether a process runs; one that only waits to be collected does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and ") Z " not in status.read_text()
