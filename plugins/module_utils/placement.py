"""Put accounts, directories, files and links on a host as asked, and keep the ledger of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files, layout
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.items import mode_of, whole_path
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.membership import place_group, place_user
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_placement import Trees
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_walk import describe

Item = Mapping[str, Any]
SECRET = "(secret content, not shown)\n"


class Placement:
    """Places what it is told to, or with check=True only tells what it would. Save the ledger afterwards."""

    def __init__(self, ledger: Ledger, accounts: Accounts, check: bool = False) -> None:
        self.ledger = ledger
        self.accounts = accounts
        self.changes = Changes(check=check)

    @property
    def changed(self) -> list[str]:
        """What differed: paths, accounts as `user NAME` and `group NAME`."""
        return self.changes.names

    @property
    def diff(self) -> list[dict[str, str]]:
        """How it differed, in Ansible's shape; secrets are not shown."""
        return self.changes.diff

    def all(self, asked: Mapping[str, Any]) -> None:
        """Everything asked for, each after what it needs. Raises Refused, AccountError, OSError.

        Signs of an intrusion in one of the trees are looked for first: then nothing is changed at all.
        """
        trees = Trees(self.ledger, self.accounts, self.changes)
        trees.refuse(asked.get("trees") or ())
        for key, act in (
            ("groups", lambda item: place_group(item, self.ledger, self.accounts, self.changes)),
            ("users", lambda item: place_user(item, self.ledger, self.accounts, self.changes)),
            ("directories", self.directory),
            ("files", self.file),
            ("secret_files", lambda item: self.file(item, secret=True)),
            ("links", self.link),
            ("absent", self.absent),
        ):
            for item in asked[key]:
                act(item)
        if asked.get("trees"):
            trees.forget_others(asked["trees"])
            trees.place(asked["trees"])

    def directory(self, item: Item) -> None:
        """Create the directory and give it its mode and owner; missing parents become root's, 0755."""
        item = layout.owned(item)
        path, mode = whole_path(item), mode_of(item)
        found = files.status(path)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            raise files.Refused(f"`{path}` is {files.what(found)} and not a directory", f"ls -ld {path}")
        uid, gid = self._ids(item)
        facts: dict[str, Any] = {"mode": item["mode"], "user": item["user"], "group": item["group"]}
        if not _same(found, mode, uid, gid):
            if found is not None and self.ledger.find("directory", str(path)) is None:
                facts["original"] = _original(found)
            after = f"{item['user']}:{item['group']} {item['mode']}\n"
            self.changes.make(
                str(path), _attributes(found), after, lambda: self._make_directory(path, mode, uid, gid)
            )
        self.ledger.record("directory", str(path), created=found is None, **facts)

    def _make_directory(self, path: Path, mode: int, uid: int | None, gid: int | None) -> None:
        self._make_parents(path)
        files.own_directory(path, mode, _known(uid, path), _known(gid, path))

    def file(self, item: Item, secret: bool = False) -> None:
        """Give the file its content, mode and owner; what another's file held is kept for `retire`."""
        item = layout.owned(item)
        path, mode = whole_path(item), mode_of(item)
        if not isinstance(item["content"], str):
            kind = type(item["content"]).__name__
            raise files.Refused(
                f"the content for `{path}` must be text and is {kind}", "quote it, or use to_json"
            )
        content = item["content"].encode()
        found, before = files.status(path), files.read(path)
        uid, gid = self._ids(item)
        known = self.ledger.find("file", str(path))
        facts: dict[str, Any] = self._inherit("absent", path)
        facts |= {"sha256": files.digest(content), "mode": item["mode"]}
        facts |= {"user": item["user"], "group": item["group"]} | ({"secret": True} if secret else {})
        if before != content or not _same(found, mode, uid, gid):
            if before is not None and known is None and not self.changes.check:
                facts |= self._keep(path, before)
            old, new = (before or b"").decode(errors="replace"), item["content"]
            if secret:
                old, new = ("" if before is None else SECRET), SECRET
            if before == content:
                old, new = _attributes(found), f"{item['user']}:{item['group']} {item['mode']}\n"
            self.changes.make(str(path), old, new, lambda: self._write(path, content, mode, uid, gid))
        self.ledger.record("file", str(path), created=found is None, **facts)

    def _write(self, path: Path, content: bytes, mode: int, uid: int | None, gid: int | None) -> None:
        self._make_parents(path.parent)
        files.write(path, content, mode, _known(uid, path), _known(gid, path))

    def link(self, item: Item) -> None:
        """Make the link point to its target."""
        path, target = whole_path(item), str(item["target"])
        found = files.status(path)
        before = str(path.readlink()) if found is not None and stat.S_ISLNK(found.st_mode) else None
        if found is not None and before is None:
            raise files.Refused(f"`{path}` is {files.what(found)} and not a link", f"ls -ld {path}")
        facts = {"target": target}
        if before not in (None, target) and self.ledger.find("link", str(path)) is None:
            facts["original"] = str(before)
        if before != target:
            self.changes.make(
                str(path), f"{before}\n" if before else "", f"{target}\n", lambda: self._link(path, target)
            )
        self.ledger.record("link", str(path), created=found is None, **facts)

    def _link(self, path: Path, target: str) -> None:
        self._make_parents(path.parent)
        files.link(path, target)

    def _make_parents(self, path: Path) -> None:
        for made in files.make_directories(path):
            self.ledger.record("directory", str(made), created=True)

    def absent(self, name: str) -> None:
        """Remove the file, link or empty directory; the content of another's file is kept for `retire`."""
        path = whole_path({"path": name})
        found = files.status(path)
        known = self.ledger.find("file", name)
        facts = self._inherit("file", path)
        if found is not None:
            if stat.S_ISREG(found.st_mode) and known is None and not facts and not self.changes.check:
                facts = self._keep(path, files.read(path) or b"")
            directory = stat.S_ISDIR(found.st_mode)
            self.changes.make(
                name, f"{files.what(found)}\n", "absent\n", path.rmdir if directory else path.unlink
            )
        for kind in ("link", "directory"):
            self.ledger.forget(kind, name)
        self.ledger.record("absent", name, **facts)

    def _inherit(self, kind: str, path: Path) -> dict[str, Any]:
        """Forget what the path was until now, but not what it held before Rabbitry."""
        entry = self.ledger.find(kind, str(path))
        self.ledger.forget(kind, str(path))
        return {"original": entry["original"]} if entry and entry.get("original") else {}

    def _keep(self, path: Path, content: bytes) -> dict[str, Any]:
        kept = {"sha256": self.ledger.keep(content), **_original(path.lstat())}
        return {"original": kept}

    def _ids(self, item: Item) -> tuple[int | None, int | None]:
        uid, gid = self.accounts.uid(item["user"]), self.accounts.gid(item["group"])
        for kind, number in (("user", uid), ("group", gid)):
            if number is None and not self.changes.check:
                raise files.Refused(
                    f"`{item['path']}` is to belong to the {kind} `{item[kind]}`, which does not exist"
                )
        return uid, gid


def _known(number: int | None, path: Path) -> int:
    if number is None:
        raise files.Refused(f"`{path}` is to belong to an account that does not exist")
    return number


def _same(found: os.stat_result | None, mode: int, uid: int | None, gid: int | None) -> bool:
    return found is not None and (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, uid, gid)


def _attributes(found: os.stat_result | None) -> str:
    if found is None:
        return ""
    return f"{describe(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))}\n"


def _original(found: os.stat_result) -> dict[str, Any]:
    return {"mode": files.mode_of(found), "uid": found.st_uid, "gid": found.st_gid}
