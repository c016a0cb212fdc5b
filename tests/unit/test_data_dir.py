"""A service does not start empty beside its data."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import data_dir
from ansible_collections.rabbitry.stack.plugins.module_utils.data_dir import Data, LeftBehind
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

NODE = Data(
    service="rabbitmq-server",
    own=["rabbit@localhost/"],
    others=["*@*/"],
    keep="rabbitmq_node_name: %s",
    stop="systemctl stop rabbitmq-server",
)


def node(directory: Path, name: str = "rabbit@localhost") -> Path:
    """Make what a node leaves in its directory."""
    (directory / name / "msg_stores").mkdir(parents=True)
    (directory / f"{name}-plugins-expand" / "x").mkdir(parents=True)
    (directory / f"{name}.pid").write_text("1")
    return directory


def test_a_fresh_host_and_one_whose_data_is_there_pass(tmp_path: Path) -> None:
    data_dir.check(tmp_path / "new", [tmp_path / "old"], NODE)
    data_dir.check(node(tmp_path / "new"), [node(tmp_path / "old")], NODE)


def test_data_elsewhere_is_named_with_the_way_to_move_it(tmp_path: Path) -> None:
    old, new = node(tmp_path / "old one"), tmp_path / "new"
    with pytest.raises(LeftBehind) as refusal:
        data_dir.check(new, [tmp_path / "none", old], NODE)
    assert f"would start empty in `{new}`: `{old}` has its data (`rabbit@localhost`)" in str(refusal.value)
    assert refusal.value.hint == f"systemctl stop rabbitmq-server && mkdir -p {new} && mv '{old}'/* {new}/"


def test_another_nodes_data_is_named_with_the_setting_that_keeps_it(tmp_path: Path) -> None:
    with pytest.raises(LeftBehind) as refusal:
        data_dir.check(node(tmp_path, "rabbit@web1"), [], NODE)
    assert "would start empty as `rabbit@localhost`" in str(refusal.value)
    assert refusal.value.hint == "rabbitmq_node_name: rabbit@web1"


def test_what_is_empty_or_no_data_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "rabbit@web1").mkdir()
    (tmp_path / "rabbit@web2-plugins-expand" / "x").mkdir(parents=True)
    (tmp_path / "rabbit@web3.log").write_text("log")
    data_dir.check(tmp_path, [], NODE)


def test_files_are_data_too(tmp_path: Path) -> None:
    (tmp_path / "dump.rdb").write_text("REDIS")
    assert data_dir.content(tmp_path, ["*.rdb", "appendonlydir"]) == ["dump.rdb"]


def test_the_ledger_knows_where_data_was_until_that_is_gone(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    ledger = Ledger("redis", tmp_path / "ledger")
    data_dir.record(ledger, [first])
    ledger.record("directory", str(first), mode="0750", created=True)
    ledger.save()
    ledger = Ledger("redis", tmp_path / "ledger")
    data_dir.record(ledger, [first])
    assert ledger.save() is False
    assert ledger.find("directory", str(first)) == {
        "kind": "directory", "name": str(first), "created": True, "mode": "0750", "data": True,
    }  # fmt: skip
    data_dir.record(ledger, [second])
    assert data_dir.recorded(ledger) == [second, first]
    first.rmdir()
    data_dir.record(ledger, [second])
    assert data_dir.recorded(ledger) == [second]
