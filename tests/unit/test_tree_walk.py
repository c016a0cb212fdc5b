"""The walk over a tree brings it in order and is led nowhere by links, races and devices."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import no_follow, tree_walk
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.files import mode_of
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_walk import Deviation, Suspicion, Walk
from ansible_collections.rabbitry.stack.plugins.module_utils.trees import Owners, Tree

from tests.unit.places import GROUP, MINE, USER

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def walk(path: Path, act: bool = False, **options: Any) -> list[Deviation | Suspicion]:
    more = {key: options.pop(key) for key in ("single", "trees", "limit") if key in options}
    tree = Tree.from_options({"path": str(path), **MINE, **options})
    return list(Walk(tree, Owners(Accounts()), act=act, **more))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that is as it should be."""
    (tmp_path / "data" / "aof").mkdir(parents=True)
    for path, mode in (("", 0o750), ("aof", 0o700), ("aof/1.rdb", 0o640), ("dump.rdb", 0o600)):
        one = tmp_path / "data" / path
        if path.endswith("rdb"):
            one.touch()
        one.chmod(mode)
    return tmp_path / "data"


def test_what_is_as_stated_is_left(data: Path) -> None:
    assert walk(data) == []
    assert walk(data.parent / "missing") == []


def test_what_is_open_to_others_is_closed(data: Path) -> None:
    for path in (data, data / "aof", data / "dump.rdb"):
        path.chmod(0o777)
    expected = [
        Deviation(str(data), f"{USER}:{GROUP} 0777", f"{USER}:{GROUP} 0750"),
        Deviation(str(data / "aof"), f"{USER}:{GROUP} 0777", f"{USER}:{GROUP} 0750"),
        Deviation(str(data / "dump.rdb"), f"{USER}:{GROUP} 0777", f"{USER}:{GROUP} 0640"),
    ]
    assert walk(data) == expected
    assert mode_of(data.stat()) == "0777"
    assert walk(data, act=True) == expected
    assert walk(data) == []
    assert [mode_of(path.stat()) for path in (data, data / "dump.rdb")] == ["0750", "0640"]


@AS_ROOT
def test_what_is_anothers_is_given_back(data: Path) -> None:
    os.chown(data / "dump.rdb", 65534, 65534)
    os.chown(data, 65534, 65534)
    assert [one.path for one in walk(data, act=True)] == [str(data), str(data / "dump.rdb")]
    assert (data / "dump.rdb").stat().st_uid == os.geteuid()
    assert walk(data) == []


@AS_ROOT
@pytest.mark.parametrize("target", ["../shadow", "{outside}/shadow", "/etc/shadow"])
def test_a_planted_link_is_told_and_not_followed(data: Path, target: str) -> None:
    shadow = data.parent / "shadow"
    shadow.touch(mode=0o600)
    os.chown(shadow, 65534, 65534)
    before = shadow.stat()
    (data / "x.rdb").symlink_to(target.format(outside=data.parent))
    os.chown(data / "x.rdb", 65534, 65534, follow_symlinks=False)
    found = walk(data, act=True)
    assert [type(one) for one in found] == [Suspicion]
    assert f"`{data / 'x.rdb'}` is a link to" in found[0].why  # type: ignore[union-attr]
    assert (shadow.stat().st_uid, shadow.stat().st_mode) == (before.st_uid, before.st_mode)


def test_a_link_that_stays_inside_and_one_in_an_unguarded_tree_are_ordinary(data: Path) -> None:
    (data / "aof" / "newest").symlink_to("1.rdb")
    assert walk(data) == []
    (data / "out").symlink_to("/etc")
    assert walk(data, guarded=False) == []


def test_a_link_instead_of_the_directory_is_told(data: Path) -> None:
    (data.parent / "l").symlink_to(data)
    data.chmod(0o777)
    assert [type(one) for one in walk(data.parent / "l", act=True)] == [Suspicion]
    assert mode_of(data.stat()) == "0777"


def test_a_link_on_the_way_is_followed_only_when_root_alone_can_have_made_it(data: Path) -> None:
    data.parent.chmod(0o777)
    (data.parent / "l").symlink_to(data)
    (data / "aof").chmod(0o777)
    (found,) = walk(data.parent / "l" / "aof", act=True)
    assert isinstance(found, Suspicion) and "leads over a link" in found.why
    data.parent.chmod(0o755)
    assert [type(one) for one in walk(data.parent / "l" / "aof", act=True)] == [Deviation]


@AS_ROOT
def test_a_hard_link_to_anothers_file_is_told_and_not_touched(data: Path) -> None:
    shadow = data.parent / "shadow"
    shadow.touch()
    os.chown(shadow, 65534, 65534)
    (data / "x.rdb").hardlink_to(shadow)
    found = walk(data, act=True)
    assert [type(one) for one in found] == [Suspicion]
    assert "hard link" in found[0].why  # type: ignore[union-attr]
    assert shadow.stat().st_uid == 65534


def test_a_hard_link_to_ones_own_file_only_loses_permissions(data: Path) -> None:
    other = data.parent / "other"
    other.touch(mode=0o600)
    other.chmod(0o666)
    (data / "x.rdb").hardlink_to(other)
    assert [type(one) for one in walk(data, act=True)] == [Deviation]
    assert mode_of(other.stat()) == "0640"
    other.chmod(0o200)
    assert [type(one) for one in walk(data, act=True)] == [Suspicion]
    assert mode_of(other.stat()) == "0200"


@pytest.mark.parametrize("name", [".ssh", "authorized_keys", "tool", "disk"])
def test_what_a_service_never_makes_is_told(data: Path, name: str) -> None:
    (data / "!").touch(mode=0o600)  # the same in every other respect, and looked at before
    (data / "!!").mkdir(mode=0o700)
    path = data / name
    if name == ".ssh":
        path.mkdir(mode=0o700)
    elif name == "disk":
        try:
            os.mknod(path, 0o060600, os.makedev(8, 0))
        except PermissionError:
            pytest.skip("devices cannot be made here")
    else:
        path.touch(mode=0o600)
    if name == "tool":
        path.chmod(0o4755)
    assert [type(one) for one in walk(data, act=True)] == [Suspicion]


def test_what_vanishes_meanwhile_is_no_fault(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        (data / f"temp-{number}.rdb").touch(mode=0o600)
        (data / f"temp-{number}.rdb").chmod(0o666)
    mend = no_follow.mend

    def delete_first(directory: int, name: str, *rest: Any) -> bool:
        (data / name).unlink()
        return mend(directory, name, *rest)

    monkeypatch.setattr(tree_walk, "mend", delete_first)
    assert walk(data, act=True) == []


def swap_for(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def swap(path: Path) -> None:
        path.rename(path.with_name("aside"))
        make(path)

    return swap


@AS_ROOT
@pytest.mark.parametrize(
    "swap",
    [
        swap_for(lambda path: path.symlink_to(path.parent.parent / "shadow")),
        swap_for(lambda path: path.hardlink_to(path.parent.parent / "shadow")),
        swap_for(lambda path: os.mkfifo(path)),
        swap_for(lambda path: path.mkdir()),
    ],
)
def test_what_is_swapped_meanwhile_is_not_touched(
    data: Path, monkeypatch: pytest.MonkeyPatch, swap: Callable[[Path], None]
) -> None:
    shadow = data.parent / "shadow"
    shadow.touch(mode=0o600)
    os.chown(shadow, 65534, 65534)
    (data / "dump.rdb").chmod(0o666)
    mend = no_follow.mend

    def swapped(directory: int, name: str, *rest: Any) -> bool:
        swap(data / name)
        return mend(directory, name, *rest)

    monkeypatch.setattr(tree_walk, "mend", swapped)
    assert walk(data, act=True) == []
    assert (shadow.stat().st_uid, mode_of(shadow.stat())) == (65534, "0600")


def test_what_others_state_is_left_to_them(data: Path) -> None:
    (data / "dump.rdb").chmod(0o666)
    (data / "aof").chmod(0o777)
    (data / "aof" / "1.rdb").chmod(0o666)
    single = {str(data / "dump.rdb"), str(data / "aof")}
    assert [one.path for one in walk(data, single=single)] == [str(data / "aof" / "1.rdb")]
    assert [one.path for one in walk(data, trees={str(data / "aof")})] == [str(data / "dump.rdb")]


def test_a_depth_and_a_limit_bound_it(data: Path) -> None:
    for path in (data, data / "aof", data / "aof" / "1.rdb"):
        path.chmod(0o777)
    assert [one.path for one in walk(data, depth=0)] == [str(data)]
    assert [one.path for one in walk(data, depth=1)] == [str(data), str(data / "aof")]
    assert [one.path for one in walk(data, limit=2)] == [str(data), str(data / "aof")]


def test_rules_hold_where_they_fit(data: Path) -> None:
    rules = [{"name": ".", "directory_mode": "0755"}, {"name": "aof", "file_mode": "0600"}]
    data.chmod(0o755)
    assert [one.path for one in walk(data, rules=rules)] == [str(data / "aof" / "1.rdb")]


def test_no_descriptor_is_left_open(data: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in data.rglob("*"):
        path.chmod(0o777)
    found = iter(Walk(Tree.from_options({"path": str(data), **MINE}), Owners(Accounts())))
    next(found)
    found.close()  # type: ignore[attr-defined]
    walk(data, act=True)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_link_to_the_very_thing_that_was_seen_is_not_followed_either(data: Path) -> None:
    (data / "l").symlink_to("dump.rdb")
    seen = (data / "dump.rdb").stat()
    directory = os.open(data, no_follow.DIRECTORY)
    try:
        assert not no_follow.mend(directory, "l", seen, seen.st_uid, seen.st_gid, 0o777)
        assert no_follow.mend(directory, "dump.rdb", seen, seen.st_uid, seen.st_gid, 0o640)
    finally:
        os.close(directory)
    assert mode_of((data / "dump.rdb").stat()) == "0640"
