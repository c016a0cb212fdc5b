"""The ledger keeps what was done, merges what several processes record, and tells what differs by now."""

from __future__ import annotations

import grp
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import dpkg, drift, files, ledger, seals
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError

USER = pwd.getpwuid(os.geteuid()).pw_name
GROUP = grp.getgrgid(os.getegid()).gr_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "ledger"


def test_what_is_recorded_is_read_back_in_order(root: Path) -> None:
    root.mkdir(parents=True)
    one = Ledger("redis", root)
    one.record("group", "redis", created=True)
    one.record("file", "/etc/redis/redis.conf", sha256="0", watch=("a", "b"))
    assert one.save()
    assert Ledger("redis", root).entries == [
        {"kind": "group", "name": "redis", "created": True},
        {
            "kind": "file",
            "name": "/etc/redis/redis.conf",
            "created": False,
            "sha256": "0",
            "watch": ["a", "b"],
        },
    ]
    assert files.mode_of(one.path.lstat()) == "0600"


def test_the_directories_made_for_it_are_recorded_too(root: Path) -> None:
    one = Ledger("redis", root)
    one.record("group", "redis")
    one.save()
    made = [entry["name"] for entry in one.entries if entry["kind"] == "directory" and entry["created"]]
    assert made == [str(root.parent), str(root)]
    assert files.mode_of(root.stat()) == "0700"


def test_nothing_is_written_when_nothing_changed(root: Path) -> None:
    one = Ledger("redis", root)
    one.record("package", "redis-server", version="7")
    one.save()
    before = one.path.stat()
    again = Ledger("redis", root)
    again.record("package", "redis-server", version="7")
    again.forget("package", "never-there")
    assert not again.save()
    assert one.path.stat().st_ino == before.st_ino


def test_created_and_the_original_are_never_forgotten(root: Path) -> None:
    one = Ledger("redis", root)
    one.record("file", "/a", created=True, original={"sha256": "x"})
    one.record("file", "/a", created=False, sha256="y")
    entry = one.find("file", "/a")
    assert entry == {
        "kind": "file",
        "name": "/a",
        "created": True,
        "sha256": "y",
        "original": {"sha256": "x"},
    }


def test_two_processes_do_not_lose_each_others_records(root: Path) -> None:
    first, second = Ledger("rabbitmq", root), Ledger("rabbitmq", root)
    first.record("package", "rabbitmq-server", created=True)
    second.record("file", "/etc/rabbitmq/rabbitmq.conf", created=True)
    assert first.save()
    assert second.save()
    names = [entry["name"] for entry in Ledger("rabbitmq", root).entries]
    assert {"rabbitmq-server", "/etc/rabbitmq/rabbitmq.conf"} <= set(names)


def test_ledgers_come_in_the_order_of_their_owners_first_record(root: Path) -> None:
    for owner in ("redis", "rabbitmq", "flower"):
        one = Ledger(owner, root)
        one.record("group", owner)
        one.save()
    seals.seal("local", "abc", root)
    assert [one.owner for one in ledger.load_all(root)] == ["redis", "rabbitmq", "flower"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 9, "order": 1, "entries": []}'])
def test_a_damaged_ledger_is_named(root: Path, text: str) -> None:
    root.mkdir(parents=True)
    (root / "redis.json").write_text(text)
    with pytest.raises(LedgerError, match=r"redis\.json"):
        Ledger("redis", root)


@pytest.mark.parametrize("owner", ["", "seal", "../x", "Redis", "a b"])
def test_an_owner_that_cannot_name_a_file_is_refused(root: Path, owner: str) -> None:
    with pytest.raises(LedgerError, match="cannot be the owner"):
        Ledger(owner, root)


def test_sealing_the_same_again_is_known(root: Path) -> None:
    seals.seal("local", "abc", root)
    assert seals.current(root) == {"env": "local", "digest": "abc"}
    seals.unseal(root)
    assert seals.current(root) == {}
    assert seals.last(root) == {"env": "local", "digest": "abc"}
    seals.seal("local", "abc", root)
    assert json.loads((root / "seal.json").read_text()) == {"schema": 1, "env": "local", "digest": "abc"}
    assert not (root / "seal.broken.json").exists()


def test_what_a_ledger_writes_down_breaks_the_seal(root: Path) -> None:
    seals.seal("local", "abc", root)
    one = Ledger("redis", root)
    one.record("group", "redis")
    one.save()
    assert seals.current(root) == {}


def entry(kind: str, name: object, **facts: Any) -> dict[str, Any]:
    return {"kind": kind, "name": str(name), **facts}


def test_a_file_drifts_by_content_mode_owner_and_absence(tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text("x\n")
    path.chmod(0o640)
    facts = {"sha256": files.digest(b"x\n"), "mode": "0640", "user": USER, "group": GROUP}
    assert drift.drift(entry("file", path, **facts)) is None
    assert drift.drift(entry("file", path, **facts | {"sha256": "0"})) == f"`{path}` has other content"
    assert (
        drift.drift(entry("file", path, **facts | {"mode": "0600"}))
        == f"`{path}` has mode `0640`, not `0600`"
    )
    assert (
        drift.drift(entry("file", path, **facts | {"user": "nobody9"}))
        == f"`{path}` has user `{USER}`, not `nobody9`"
    )
    path.unlink()
    assert drift.drift(entry("file", path, **facts)) == f"`{path}` is gone"
    path.symlink_to("/etc/hostname")
    assert drift.drift(entry("file", path, **facts)) == f"`{path}` is a link and not a file"


def test_other_things_drift_too(tmp_path: Path) -> None:
    place = tmp_path / "d"
    place.mkdir(mode=0o755)
    link = tmp_path / "l"
    link.symlink_to("d")
    unit = tmp_path / "x.service"
    unit.touch()
    known = [
        entry("directory", place, mode="0755"),
        entry("link", link, target="d"),
        entry("absent", tmp_path / "none"),
        entry("user", USER),
        entry("group", GROUP),
        entry("service", "x", unit_path=[str(unit)]),
        entry("release", "1", path=str(place)),
        entry("definitions", "rabbitmq", digest="0"),
    ]
    assert [drift.drift(one) for one in known] == [None] * len(known)
    wrong = [
        entry("directory", tmp_path / "none"),
        entry("link", link, target="e"),
        entry("link", place, target="e"),
        entry("absent", place),
        entry("user", "no-such-user"),
        entry("group", "no-such-group"),
        entry("service", "x", unit_path=[str(tmp_path / "none")]),
        entry("venv", tmp_path / "none"),
    ]
    assert all(drift.drift(one) for one in wrong)


def test_a_package_drifts_by_version_and_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"redis-server": "7.0"}
    monkeypatch.setattr(dpkg, "installed", lambda *_: known)
    assert drift.drift(entry("package", "redis-server", version="7.0")) is None
    assert drift.drift(entry("package", "redis-server")) is None
    differs = drift.drift(entry("package", "redis-server", version="7.1"))
    assert differs == "the package `redis-server` is version 7.0, not 7.1"
    assert drift.drift(entry("package", "socat")) == "the package `socat` is not installed"
