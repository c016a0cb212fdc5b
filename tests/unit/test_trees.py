"""What a tree states: modes between bounds, rules for names, other owners that are right as well."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.trees import Owners, Standard, Tree, stated

from tests.unit.places import GROUP, MINE, USER

PROGRAMS = {"directory_mode": "0755", "file_mode": "0755", "directory_least": "0755", "file_least": "0644"}
TREE = {"path": "/var/lib/redis", **MINE}


def standard(**options: Any) -> Standard:
    return Tree.from_options({**TREE, **options}).standard


@pytest.mark.parametrize(
    ("have", "wanted"), [(0o777, 0o640), (0o640, 0o640), (0o600, 0o600), (0o444, 0o640), (0o000, 0o600)]
)
def test_a_file_keeps_a_mode_of_its_own_within_the_bounds(have: int, wanted: int) -> None:
    assert standard().mode(have, directory=False) == wanted


@pytest.mark.parametrize(
    ("have", "wanted"), [(0o777, 0o750), (0o700, 0o700), (0o600, 0o700), (0o2755, 0o750)]
)
def test_a_directory_too(have: int, wanted: int) -> None:
    assert standard().mode(have, directory=True) == wanted


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_the_cookie_may_be_read_only_and_is_never_for_others(mode: int) -> None:
    cookie = standard(file_mode="0600", file_least="0400")
    assert cookie.mode(mode, directory=False) == mode
    assert cookie.mode(0o644, directory=False) == 0o600


@pytest.mark.parametrize(
    ("have", "wanted"), [(0o600, 0o644), (0o700, 0o755), (0o666, 0o644), (0o777, 0o755), (0o755, 0o755)]
)
def test_a_program_can_be_run_by_whoever_may_read_it(have: int, wanted: int) -> None:
    assert standard(**PROGRAMS).mode(have, directory=False) == wanted


def test_without_an_owner_nothing_is_added() -> None:
    anybody = standard(user="", group="", file_mode="0644")
    assert anybody.mode(0o040, directory=False) == 0o040
    assert anybody.mode(0o666, directory=False) == 0o644


def test_the_first_rule_that_fits_counts_and_holds_below_it() -> None:
    tree = Tree.from_options(
        {
            **TREE,
            "rules": [
                {"name": "*.log", "file_mode": "0644"},
                {"name": "logs", "file_mode": "0600"},
                {"name": "logs/*", "user": "other"},
            ],
        }
    )
    assert tree.of("a.log", tree.standard).file_mode == 0o644
    logs = tree.of("logs", tree.standard)
    assert logs.file_mode == 0o600
    assert tree.of("deep/one", logs).file_mode == 0o600
    assert tree.of("logs/one", logs).user == "other"
    assert tree.of("other", tree.standard) == tree.standard


def test_another_owner_may_be_right_as_well(tmp_path: Path) -> None:
    tree = Tree.from_options(
        {"path": "/x", "user": "nobody", "group": "nogroup", "also": [f"{USER}:{GROUP}"]}
    )
    found = tmp_path.stat()
    assert Owners(Accounts()).wanted(tree.standard, found)[:2] == (os.geteuid(), os.getegid())


def test_accounts_that_do_not_exist_are_named() -> None:
    tree = Tree.from_options(
        {**TREE, "user": "no-such-user", "rules": [{"name": "x", "group": "no-such-group"}]}
    )
    assert Owners(Accounts()).missing(tree) == ["group `no-such-group`", "user `no-such-user`"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "relative"}, "is not a whole path"),
        ({"path": "/"}, "is not a whole path"),
        ({"file_mode": "416"}, r"quote it, like '0644'"),
        ({"also": ["root"]}, "not of the form user:group"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        Tree.from_options({**TREE, **options})


def test_the_ledger_gives_the_same_tree_back() -> None:
    given = {
        **TREE,
        "depth": 0,
        "guarded": False,
        "also": [],
        "rules": [{"name": ".", "user": "", **PROGRAMS}],
    }
    tree = Tree.from_options(given)
    facts = tree.facts(given)
    assert "also" not in facts
    assert Tree.from_options({"kind": "tree", "name": TREE["path"], **facts}) == tree


def test_what_is_stated_by_itself_is_left_alone() -> None:
    entries = [
        {"kind": "file", "name": "/a", "mode": "0640"},
        {"kind": "directory", "name": "/made"},
        {"kind": "tree", "name": "/t"},
        {"kind": "link", "name": "/l"},
    ]
    assert stated(entries) == ({"/a"}, {"/t"})
