"""The ledger: what Rabbitry put on this host, a file for each owner, to verify and to undo it."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files, layout
from ansible_collections.rabbitry.stack.plugins.module_utils.drift import drift as drift

ROOT = Path(layout.HERE.state) / "ledger"
SCHEMA = 1
# What is known once stays known.
KEPT = ("created", "original", "data", "by", "keep_configuration")

Entry = dict[str, Any]


class LedgerError(Exception):
    """A ledger file cannot be used; the message names it."""


class Ledger:
    """What one owner (a role) put on this host.

    Entries are {"kind": str, "name": str, "created": bool, ...facts}, in the order of their first record.
    Several processes may record at once: `save` applies what this one recorded to the file as it is by then.
    """

    def __init__(self, owner: str, root: Path = ROOT) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_-]*", owner) or owner == "seal":
            raise LedgerError(
                f"`{owner}` cannot be the owner of a ledger: lower-case letters, digits, `_` and `-`"
            )
        self.owner = owner
        self.root = root
        self.path = root / f"{owner}.json"
        self.order, self._entries = self._load()
        self._changes: list[tuple[str, str, Entry | None]] = []

    @property
    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        return list(self._entries.values())

    def find(self, kind: str, name: str) -> Entry | None:
        """The entry of that kind and name, None when there is none."""
        return self._entries.get((kind, name))

    def record(self, kind: str, name: str, **facts: Any) -> None:
        """Say that `name` is now as `facts` tell; created=True and the original, once recorded, stay."""
        self._changes.append((kind, name, json.loads(json.dumps(facts))))  # as it will be read back
        _apply(self._entries, self._changes[-1:])

    def forget(self, kind: str, name: str) -> None:
        """Say that `name` is no longer Rabbitry's."""
        self._changes.append((kind, name, None))
        _apply(self._entries, self._changes[-1:])

    def keep(self, content: bytes) -> str:
        """Keep what a file held before Rabbitry wrote it; returns the name for `original`."""
        with locked(self.root) as created:
            self._made(created)
            path = self.root / "originals" / files.digest(content)
            files.make_directories(path.parent)
            path.parent.chmod(0o700)
            files.write(path, content, 0o600)
        return path.name

    def _made(self, directories: list[Path]) -> None:
        self._changes[:0] = [("directory", str(path), {"created": True}) for path in directories]

    def save(self) -> bool:
        """Write the file (0600) when something changed; says whether it did."""
        _, on_disk = self._load()
        if not _apply(on_disk, self._changes):
            return False
        with locked(self.root) as created:
            self.order, self._entries = self._load()
            self._made(created)
            _apply(self._entries, self._changes)
            self.order = self.order or 1 + max((other.order for other in load_all(self.root)), default=0)
            document = {"schema": SCHEMA, "owner": self.owner, "order": self.order, "entries": self.entries}
            # Before the change is written down: a run that ends halfway must not leave a host that looks
            # settled.
            unseal(self.root)
            files.write(self.path, (json.dumps(document, indent=1) + "\n").encode(), 0o600)
            self._changes.clear()
        return True

    def _load(self) -> tuple[int, dict[tuple[str, str], Entry]]:
        content = files.read(self.path)
        if content is None:
            return 0, {}
        try:
            document = json.loads(content)
            entries = {(entry["kind"], entry["name"]): entry for entry in document["entries"]}
            schema, order = document["schema"], document["order"]
        except (ValueError, KeyError, TypeError):
            raise LedgerError(f"`{self.path}` is damaged: it is not a ledger of schema {SCHEMA}") from None
        if schema != SCHEMA:
            raise LedgerError(f"`{self.path}` has schema {schema}, this version of Rabbitry knows {SCHEMA}")
        return order, entries


def _apply(entries: dict[tuple[str, str], Entry], changes: list[tuple[str, str, Entry | None]]) -> bool:
    changed = False
    for kind, name, facts in changes:
        old = entries.get((kind, name))
        if facts is None:
            changed |= entries.pop((kind, name), None) is not None
            continue
        new: Entry = {"kind": kind, "name": name, "created": False, **facts}
        new.update({key: old[key] for key in KEPT if old and old.get(key)})
        entries[kind, name] = new
        changed |= new != old
    return changed


@contextmanager
def locked(root: Path = ROOT) -> Iterator[list[Path]]:
    """Hold the ledger alone; yields the directories above it that had to be created."""
    created = files.make_directories(root)
    if created:
        root.chmod(0o700)
    descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield created
    finally:
        os.close(descriptor)


def unseal(root: Path = ROOT) -> None:
    """Break the seal of a whole converge; what it said stays known: sealing the same again is no change."""
    if files.status(root / "seal.json") is not None:
        (root / "seal.json").replace(root / "seal.broken.json")


def load_all(root: Path = ROOT) -> list[Ledger]:
    """Every owner's ledger, the one that came first to this host first."""
    owners = [path.stem for path in root.glob("*.json") if not path.stem.startswith("seal")]
    return sorted((Ledger(owner, root) for owner in owners), key=lambda one: one.order)


def original(name: str, root: Path = ROOT) -> bytes | None:
    """What `keep` kept under `name`."""
    return files.read(root / "originals" / name)


def restore(path: Path, before: str | Entry, root: Path = ROOT) -> None:
    """Make the file or link what it was before Rabbitry: `before` is the `original` of its entry."""
    if isinstance(before, str):
        files.link(path, before)
        return
    files.make_directories(path.parent)
    content = original(before["sha256"], root) or b""
    files.write(path, content, int(before["mode"], 8), before["uid"], before["gid"])
