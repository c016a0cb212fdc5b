"""`place` brings files, directories and links to what is asked, safely, and keeps what undoing it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import files, ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused

from tests.unit.places import GROUP, USER, Place, directory, file


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state" / "ledger")


def test_a_file_is_written_once(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "etc" / "a.conf"
    assert place(files=[file(path)]).changed == [str(path)]
    assert path.read_text() == "a\n"
    assert files.mode_of(path.lstat()) == "0640"
    assert place(files=[file(path)]).changed == []
    assert [p.name for p in path.parent.iterdir()] == ["a.conf"]
    entry = place.entry("file", path)
    assert entry is not None
    assert entry["created"]
    assert entry["sha256"] == files.digest(b"a\n")
    parent = place.entry("directory", path.parent)
    assert parent is not None
    assert parent["created"]


def test_a_changed_mode_alone_is_put_right(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    place(files=[file(path)])
    path.chmod(0o666)
    changed = place(files=[file(path)])
    assert changed.changed == [str(path)]
    assert changed.diff[0]["after"] == f"{USER}:{GROUP} 0640\n"
    assert files.mode_of(path.lstat()) == "0640"


def test_check_mode_touches_nothing_and_does_not_need_the_accounts(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.conf"
    placement = place(
        check=True,
        groups=[{"name": "no-such-group"}],
        directories=[{**directory(path.parent), "user": "no-such-user"}],
        files=[file(path, user="no-such-user", group="no-such-group")],
        links=[{"path": str(tmp_path / "l"), "target": "x"}],
    )
    assert placement.changed == ["group no-such-group", str(path.parent), str(path), str(tmp_path / "l")]
    assert list(tmp_path.iterdir()) == []
    assert place.tools == []


def test_an_account_that_does_not_exist_is_named(place: Place, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="`no-such-user`, which does not exist"):
        place(files=[file(tmp_path / "a", user="no-such-user")])


def test_a_link_is_never_followed(place: Place, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "l").symlink_to(target)
    (tmp_path / "d").symlink_to(tmp_path)
    with pytest.raises(Refused, match="is a link and not a file"):
        place(files=[file(tmp_path / "l")])
    with pytest.raises(Refused, match="is a link and not a directory"):
        place(directories=[directory(tmp_path / "d")])
    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"content": {"a": 1}}, "must be text and is dict"),
        ({"mode": "420"}, r"quote it, like '0644'"),
        ({"path": "relative"}, "is not a whole path"),
        ({"path": "/tmp/../etc/passwd"}, "is not a whole path"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    place: Place, tmp_path: Path, item: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        place(files=[{**file(tmp_path / "a"), **item}])


def test_a_secret_is_in_no_difference(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    first = place(secret_files=[file(path, "hunter2")])
    second = place(secret_files=[file(path, "hunter3")])
    assert "hunter" not in str(first.diff) + str(second.diff)
    assert second.changed == [str(path)]
    entry = place.entry("file", path)
    assert entry is not None
    assert entry["secret"]


def test_what_a_file_held_before_is_kept(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("theirs\n")
    path.chmod(0o604)
    place(files=[file(path)])
    place(files=[file(path, "b\n")])
    entry = place.entry("file", path)
    assert entry is not None
    assert not entry["created"]
    assert entry["original"]["mode"] == "0604"
    assert ledger.original(entry["original"]["sha256"], place.root) == b"theirs\n"


def test_what_a_removed_file_held_is_kept_even_when_it_comes_back(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("theirs\n")
    place(absent=[str(path)])
    assert not path.exists()
    place(files=[file(path)])
    place(absent=[str(path)])
    entry = place.entry("absent", path)
    assert entry is not None
    assert ledger.original(entry["original"]["sha256"], place.root) == b"theirs\n"
    assert place.entry("file", path) is None


def test_absent_takes_links_and_empty_directories(place: Place, tmp_path: Path) -> None:
    (tmp_path / "l").symlink_to("x")
    (tmp_path / "d").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    paths = [str(tmp_path / name) for name in ("l", "d", "none")]
    assert place(absent=paths).changed == paths[:2]
    assert place(absent=paths).changed == []
    with pytest.raises(OSError, match="full"):
        place(absent=[str(tmp_path / "full")])


def test_a_directory_gets_its_mode_and_keeps_its_content(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.mkdir(mode=0o700)
    (path / "x").touch()
    assert place(directories=[directory(path)]).changed == [str(path)]
    assert place(directories=[directory(path)]).changed == []
    entry = place.entry("directory", path)
    assert entry is not None
    assert entry["original"]["mode"] == "0700"
    assert (path / "x").exists()


def test_a_link_is_turned_in_one_step(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "current"
    assert place(links=[{"path": str(path), "target": "releases/1"}]).changed == [str(path)]
    assert place(links=[{"path": str(path), "target": "releases/2"}]).changed == [str(path)]
    assert place(links=[{"path": str(path), "target": "releases/2"}]).changed == []
    assert str(path.readlink()) == "releases/2"
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="is a file and not a link"):
        place(links=[{"path": str(tmp_path / "file"), "target": "x"}])
