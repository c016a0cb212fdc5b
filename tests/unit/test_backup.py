"""A backup is whole or it is not used: what was changed, cut or never written is named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from rabbitry.backup import DEFINITIONS, KEYS, MANIFEST, verified
from rabbitry.errors import StackError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    contents = {DEFINITIONS: b"{}", KEYS: b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    (tmp_path / MANIFEST).write_text(json.dumps({"schema": 1, "files": checksums}), encoding="utf-8")
    return tmp_path


def test_a_whole_backup_is_used(place: Path) -> None:
    assert verified(place)["schema"] == 1


@pytest.mark.parametrize("name", [DEFINITIONS, KEYS])
def test_a_changed_file_is_named(place: Path, name: str) -> None:
    (place / name).write_bytes(b"other")
    with pytest.raises(StackError, match=f"{name}` is not as `backup` wrote it"):
        verified(place)


@pytest.mark.parametrize("name", [DEFINITIONS, MANIFEST])
def test_a_missing_file_is_told(place: Path, name: str) -> None:
    (place / name).unlink()
    with pytest.raises(StackError, match="is no backup that can be used"):
        verified(place)


def test_another_schema_is_refused(place: Path) -> None:
    (place / MANIFEST).write_text(json.dumps({"schema": 7, "files": {}}), encoding="utf-8")
    with pytest.raises(StackError, match="schema 7"):
        verified(place)
