"""What the ledgers state is noticed when it differs and put right, unless its owner is under suspicion."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import by_hand, redis_save, verification
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused, mode_of
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, load_all
from ansible_collections.rabbitry.stack.plugins.module_utils.ownership import Ownership

from tests.unit.places import GROUP, MINE, USER, Place, directory, file

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state" / "ledger")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir(mode=0o750)
    (path / "dump.rdb").touch()
    (path / "dump.rdb").chmod(0o640)
    return path


def tree(path: Path, **options: Any) -> dict[str, Any]:
    return {"path": str(path), **MINE, **options}


def restore(place: Place, check: bool = False) -> tuple[list[str], list[str]]:
    """Names of what was put right, and the messages of the faults."""
    changes = Changes(check=check)
    faults = Ownership(load_all(place.root), changes=changes).restore()
    return changes.names, [fault["message"] for fault in faults]


def drift(place: Place) -> tuple[list[str], list[str]]:
    """What differs, and what is suspicious."""
    (ledger,) = load_all(place.root)
    differences, faults = Ownership([ledger]).drift(ledger)
    return [one["why"] for one in differences], [one["message"] for one in faults]


def test_place_brings_a_tree_in_order_and_states_it(place: Place, data: Path) -> None:
    (data / "dump.rdb").chmod(0o666)
    placed = place(trees=[tree(data)])
    assert placed.changed == [str(data / "dump.rdb")]
    assert placed.diff[0]["before"] == f"{USER}:{GROUP} 0666\n"
    assert placed.diff[0]["after"] == f"{USER}:{GROUP} 0640\n"
    assert place(trees=[tree(data)]).changed == []
    assert place.entry("tree", data) == {"kind": "tree", "name": str(data), "created": False, **MINE}


def test_check_mode_predicts_it(place: Place, data: Path) -> None:
    (data / "dump.rdb").chmod(0o666)
    none = {"user": "no-such-user", "group": "no-such-group"}
    assert place(check=True, trees=[tree(data)]).changed == [str(data / "dump.rdb")]
    assert place(check=True, trees=[tree(data, **none)]).changed == [str(data / "dump.rdb")]
    assert mode_of((data / "dump.rdb").stat()) == "0666"
    with pytest.raises(Refused, match="group `no-such-group`, which does not exist"):
        place(trees=[tree(data, **none)])


def test_a_tree_that_is_no_longer_stated_is_forgotten(place: Place, data: Path) -> None:
    place(trees=[tree(data), tree(data.parent / "other")])
    place(files=[file(data.parent / "a")])
    assert place.entry("tree", data.parent / "other")
    place(trees=[tree(data)])
    assert place.entry("tree", data.parent / "other") is None
    assert place.entry("tree", data)


def test_many_differences_are_shown_in_short(place: Place, data: Path) -> None:
    for number in range(150):
        (data / f"{number:03}.rdb").touch()
        (data / f"{number:03}.rdb").chmod(0o666)
    changed = place(trees=[tree(data)]).changed
    assert len(changed) == 11
    assert changed[-1] == f"140 more below {data}"


def test_place_changes_nothing_at_all_under_suspicion(place: Place, data: Path) -> None:
    (data / "dump.rdb").chmod(0o666)
    (data / "x").symlink_to("/etc/shadow")
    with pytest.raises(Refused, match=r"is a link to `/etc/shadow`: that smells of an intrusion") as refused:
        place(files=[file(data.parent / "a.conf")], trees=[tree(data)])
    assert "take the host off the net" in refused.value.hint
    assert "chown" not in refused.value.hint
    assert not (data.parent / "a.conf").exists()
    assert mode_of((data / "dump.rdb").stat()) == "0666"


def test_what_is_as_stated_has_no_drift(place: Place, data: Path) -> None:
    place(trees=[tree(data)])
    assert drift(place) == ([], [])


def test_a_deviation_is_noticed_and_an_intrusion_is_told_apart(place: Place, data: Path) -> None:
    place(trees=[tree(data)])
    data.chmod(0o777)
    (data / "dump.rdb").chmod(0o666)
    assert drift(place) == ([f"`{data}` is {USER}:{GROUP} 0777, not {USER}:{GROUP} 0750"], [])
    (data / "authorized_keys").touch()
    assert drift(place)[1] == [
        f"`{data / 'authorized_keys'}` lets somebody log in by SSH: that smells of an intrusion"
    ]


def test_a_run_without_changes_notices_both_and_a_redis_that_takes_no_writes(
    place: Place, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(trees=[tree(data)])
    server = redis_save.Server("127.0.0.1", 6379, "/etc/redis/redis.conf", str(data))
    monkeypatch.setattr(redis_save, "servers", lambda entries: [server])
    monkeypatch.setattr(redis_save, "writes_to", lambda *_: {})
    monkeypatch.setattr(redis_save, "refuses_writes", lambda *_: True)
    data.chmod(0o777)
    (data / "x").symlink_to("/etc/shadow")
    found, suspicions = verification.ownership_drift(load_all(place.root), "x")
    assert [(one["owner"], one["kind"], one["name"]) for one in found] == [
        ("test", "tree", str(data)),
        ("test", "data", str(data)),
    ]
    assert found[1]["why"] == "Redis at 127.0.0.1:6379 takes no writes: its last save failed"
    assert len(suspicions) == 1


def test_everything_that_the_ledgers_name_is_put_right(place: Place, data: Path) -> None:
    etc = data.parent / "etc"
    place(
        directories=[directory(etc)],
        files=[file(etc / "a.conf")],
        links=[{"path": str(etc / "l"), "target": "a.conf"}],
        trees=[tree(data)],
    )
    assert restore(place) == ([], [])
    (etc / "a.conf").write_text("somebody's\n")
    paths = [etc, etc / "a.conf", data / "dump.rdb"]
    for path in paths:
        path.chmod(0o777)
    assert restore(place, check=True) == (list(map(str, paths)), [])
    assert mode_of(etc.stat()) == "0777"
    assert restore(place) == (list(map(str, paths)), [])
    assert [mode_of(path.stat()) for path in paths] == ["0750", "0640", "0640"]
    assert (etc / "a.conf").read_text() == "somebody's\n"
    assert restore(place) == ([], [])


@AS_ROOT
def test_a_link_is_given_back_itself(place: Place, tmp_path: Path) -> None:
    place(files=[file(tmp_path / "a")], links=[{"path": str(tmp_path / "l"), "target": "a"}])
    os.chown(tmp_path / "a", 65534, 65534)
    os.chown(tmp_path / "l", 65534, 65534, follow_symlinks=False)
    assert restore(place)[0] == [str(tmp_path / "a"), str(tmp_path / "l")]
    assert {(tmp_path / name).lstat().st_uid for name in ("a", "l")} == {0}


def test_what_is_gone_is_not_brought_back(place: Place, tmp_path: Path) -> None:
    place(files=[file(tmp_path / "a")], trees=[tree(tmp_path / "none")])
    (tmp_path / "a").unlink()
    assert restore(place) == ([], [])
    assert not (tmp_path / "a").exists()


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def test_a_file_that_became_a_link_is_told(place: Place, tmp_path: Path) -> None:
    place(files=[file(tmp_path / "a")])
    replaced(tmp_path / "a", lambda path: path.symlink_to("/etc/shadow"))
    changed, faults = restore(place)
    assert changed == []
    assert faults == [f"`{tmp_path / 'a'}` is a link and not a file: that smells of an intrusion"]


@AS_ROOT
def test_a_file_that_became_another_name_of_anothers_is_told(place: Place, tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    shadow.touch()
    os.chown(shadow, 65534, 65534)
    place(files=[file(tmp_path / "a")])
    replaced(tmp_path / "a", lambda path: path.hardlink_to(shadow))
    changed, faults = restore(place)
    assert changed == []
    assert "hard link" in faults[0]
    assert shadow.stat().st_uid == 65534


def test_an_owner_under_suspicion_is_left_alone_and_the_others_are_put_right(
    place: Place, data: Path, tmp_path: Path
) -> None:
    place(files=[file(tmp_path / "a")], trees=[tree(data)])
    other = Ledger("other", place.root)
    (tmp_path / "b").mkdir(mode=0o750)
    other.record("tree", str(tmp_path / "b"), **MINE)
    other.save()
    (data / "x").symlink_to("/etc/shadow")
    for path in (tmp_path / "a", data, tmp_path / "b"):
        path.chmod(0o777)
    changed, faults = restore(place)
    assert changed == [str(tmp_path / "b")]
    assert len(faults) == 1
    assert mode_of((tmp_path / "a").stat()) == mode_of(data.stat()) == "0777"


def test_an_owner_whose_daemon_runs_as_root_is_left_alone(
    place: Place, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(trees=[tree(data)])
    data.chmod(0o777)
    daemon = by_hand.Daemon("stack-beat", 42, "celery beat")
    monkeypatch.setattr(by_hand, "daemons", lambda entries: [daemon])
    changed, faults = restore(place)
    assert changed == []
    assert faults == [daemon.message]
    assert "`celery beat` (pid 42) runs as root" in daemon.message


def test_redis_saves_after_the_repair(place: Place, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place(trees=[tree(data)])
    server = redis_save.Server("127.0.0.1", 6379, "/etc/redis/redis.conf", str(data))
    asked = []
    monkeypatch.setattr(redis_save, "servers", lambda entries: [server])
    monkeypatch.setattr(redis_save, "writes_to", lambda *_: {})
    monkeypatch.setattr(redis_save, "refuses_writes", lambda *_: True)
    monkeypatch.setattr(redis_save, "save_again", lambda *arguments: asked.append(arguments))
    assert restore(place, check=True)[0] == ["Redis at 127.0.0.1:6379"]
    assert asked == []
    assert restore(place)[0] == ["Redis at 127.0.0.1:6379"]
    assert asked == [(server, "")]
