"""What a venv and a release share: complete directories beside each other, and a link to one of them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment_error import (
    DeploymentError as DeploymentError,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

NOTE = ".rabbitry.json"


class Shelf:
    """The directory `<home>/<kind>s`, each complete part of which has a note (JSON) in it."""

    def __init__(self, home: Path, kind: str) -> None:
        self.home = home
        self.kind = kind
        self.root = home / f"{kind}s"

    def path(self, digest: str) -> Path:
        return self.root / digest

    def note(self, digest: str) -> dict[str, Any] | None:
        """What was written down when this part was complete; None when it is not."""
        try:
            found = json.loads((self.path(digest) / NOTE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def complete(self, digest: str, **facts: Any) -> None:
        """Write the note; what it said before stays where `facts` do not say otherwise."""
        facts = {**(self.note(digest) or {}), **facts} | {"digest": digest}
        files.write(self.path(digest) / NOTE, (json.dumps(facts) + "\n").encode())

    def was_used(self, digest: str) -> bool:
        """Whether a complete part was ever the one in use; false only for one whose note says so."""
        return bool((self.note(digest) or {}).get("used", True))

    def discard(self, digest: str) -> None:
        """Remove a part, the note first, so that what is left over never counts as complete."""
        (self.path(digest) / NOTE).unlink(missing_ok=True)
        if self.path(digest).exists():
            shutil.rmtree(self.path(digest))

    def remove(self, digest: str, ledger: Ledger) -> None:
        """Remove a part, and what the ledger says of it."""
        self.discard(digest)
        ledger.forget(self.kind, str(self.path(digest)))

    def linked(self, link: str) -> str:
        """The digest that `<home>/<link>` leads to, "" when it leads nowhere here."""
        path = self.home / link
        return path.readlink().name if path.is_symlink() else ""

    def prune(self, keep: int, used: set[str], ledger: Ledger) -> list[str]:
        """Remove all parts but those in use and the newest, `keep` in all. What was never used goes too.

        Returns the removed paths.
        """
        notes = sorted(self.root.glob(f"*/{NOTE}"), key=lambda note: note.stat().st_mtime, reverse=True)
        there = [name for note in notes if (name := note.parent.name) in used or self.was_used(name)]
        digests = sorted(there, key=lambda digest: digest not in used)
        for path in self.root.iterdir():
            if path.is_dir() and path.name not in {*digests, *used}:
                self.remove(path.name, ledger)
        removed = []
        for digest in digests[max(keep, len(used)) :]:
            self.remove(digest, ledger)
            removed.append(str(self.path(digest)))
        return removed

    def record(self, digest: str, ledger: Ledger) -> None:
        path = str(self.path(digest))
        ledger.record(self.kind, path, path=path, digest=digest, created=True)

    @contextmanager
    def locked(self, ledger: Ledger) -> Iterator[None]:
        """Hold this shelf alone; makes it when it is not there yet."""
        for path in files.make_directories(self.root):
            ledger.record("directory", str(path), mode="0755", **HERE.owner, created=True)
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def target(home: Path, link: str) -> str:
    """Where `<home>/<link>` leads: relative to home, or a whole path elsewhere; "" for no link."""
    path = home / link
    return str(path.readlink()) if path.is_symlink() else ""


def switch(home: Path, link: str, target: str, ledger: Ledger) -> None:
    """Let `<home>/<link>` lead to `target` (relative to home, or a whole path) in one step."""
    files.link(home / link, target)
    ledger.record("link", str(home / link), target=target, created=True)
