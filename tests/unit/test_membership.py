"""`place` creates system accounts, restores its own and leaves those of others alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import AccountError, run
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

from tests.unit.places import GROUP, USER, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state" / "ledger")


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "group": GROUP, "home": "/h", "shell": "/s", "comment": "", "groups": [], **more}


def test_accounts_are_created_in_order(place: Place) -> None:
    changed = place(groups=[{"name": "new-group"}], users=[user("new-user", groups=[GROUP])])
    assert changed.changed == ["group new-group", "user new-user"]
    assert place.tools[0] == ["groupadd", "--system", "new-group"]
    assert place.tools[1][0] == "useradd"
    assert place.tools[1][-1] == "new-user"
    assert place.tools[2] == ["usermod", "--append", "--groups", GROUP, "new-user"]


def test_a_user_that_was_there_before_is_not_changed(place: Place) -> None:
    assert place(users=[user(USER)]).changed == []
    assert place.tools == []
    entry = place.entry("user", USER)
    assert entry is not None
    assert not entry["created"]


def test_a_user_that_came_with_rabbitry_is_restored(place: Place) -> None:
    known = Ledger("test", place.root)
    known.record("user", USER, created=True)
    known.save()
    assert place(users=[user(USER)]).changed == [f"user {USER}"]
    assert place.tools[0] == ["usermod", "--home", "/h", "--shell", "/s", USER]


def test_the_words_of_an_account_tool_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "groupadd"
    tool.write_text("#!/bin/sh\necho \"groupadd: '$2' is not a valid group name\" >&2\nexit 3\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(AccountError, match="is not a valid group name"):
        run(["groupadd", "--system", "a b"])
    with pytest.raises(AccountError, match="`no-such-tool` is needed"):
        run(["no-such-tool", "x"])
