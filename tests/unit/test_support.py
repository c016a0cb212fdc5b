"""What the tests of hosts stand on: waiting, comparing snapshots, and steps that build on each other."""

from __future__ import annotations

import pytest

from tests.support.docker import CommandFailed, run
from tests.support.snapshot import Parts, Snapshot, ports_of
from tests.support.wait import wait_until


def test_waiting_returns_the_first_true_result() -> None:
    answers = iter([0, "", "there"])
    assert wait_until(lambda: next(answers), 5, every=0) == "there"


def test_waiting_ends_with_the_last_reason() -> None:
    def never() -> bool:
        raise AssertionError("port 1 is closed")

    with pytest.raises(AssertionError, match=r"the broker did not come true in 0 s: port 1 is closed"):
        wait_until(never, 0, "the broker")


def test_a_failed_command_shows_what_it_said() -> None:
    with pytest.raises(CommandFailed, match=r"(?s)\$ sh -c .*no such queue.*exit code 3"):
        run(["sh", "-c", "echo no such queue >&2; exit 3"], seconds=5)


def test_a_command_that_hangs_is_ended() -> None:
    result = run(["sleep", "60"], seconds=0.2, check=False)
    assert result.rc == 124
    assert result.seconds < 5


BEFORE: Parts = {"files": {"/etc/a": "1", "/etc/b": "1"}, "ports": {"tcp 127.0.0.1:22": "user 0"}}
AFTER: Parts = {"files": {"/etc/b": "2", "/etc/c": "1"}, "ports": {"tcp 127.0.0.1:22": "user 0"}}


def test_snapshots_tell_what_came_went_and_changed() -> None:
    before, after = Snapshot(BEFORE), Snapshot(AFTER)
    assert before.changes_to(after) == ["files: - /etc/a", "files: ~ /etc/b: 1 -> 2", "files: + /etc/c (1)"]
    assert before.changes_to(after, "ports") == []
    assert ports_of(after) == {22}
