"""Gives everything that the ledgers of a host name its owner and mode again, and changes no content."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import by_hand, files, intrusion, redis_save
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Entry, Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.no_follow import enter, mend
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_placement import note
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_walk import (
    EVERYTHING,
    GLANCE,
    Suspicion,
    Walk,
    describe,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.trees import Owners, Tree, stated

Fault = dict[str, Any]


@dataclass
class Ownership:
    """The things of all ledgers; `changes` is what was put right, or with its `check` what would be."""

    ledgers: Sequence[Ledger]
    accounts: Accounts = field(default_factory=Accounts)
    changes: Changes = field(default_factory=Changes)
    password: str = ""

    def __post_init__(self) -> None:
        self.owners = Owners(self.accounts)
        self.single, self.trees = stated([entry for one in self.ledgers for entry in one.entries])

    def drift(self, owner: Ledger) -> tuple[list[dict[str, Any]], list[Fault]]:
        """What differs in each tree of the owner, [{kind, name, why}], and signs of an intrusion."""
        differences, faults = [], []
        for tree in self._trees(owner):
            first = ""
            for found in self._walk(tree, act=False, limit=GLANCE):
                if isinstance(found, Suspicion):
                    faults.append(intrusion.Sign.of(found.why, found.path).as_dict())
                elif not first:
                    first = f"`{found.path}` is {found.before}, not {found.after}"
            if first:
                differences.append({"kind": "tree", "name": str(tree.path), "why": first})
        return differences, faults

    def faults(self, owner: Ledger) -> list[Fault]:
        """Why nothing of the owner's may be changed: signs of an intrusion, and daemons of root's."""
        found = [
            intrusion.Sign.of(one.why, one.path).as_dict()
            for tree in self._trees(owner)
            for one in self._walk(tree, act=False)
            if isinstance(one, Suspicion)
        ]
        found += [one.as_dict() for one in intrusion.of_redis(owner.entries, self.password)]
        return found + [one.as_dict() for one in by_hand.daemons(owner.entries)]

    def restore(self) -> list[Fault]:
        """Put right what can be; returns why the rest was left alone. Raises OSError and CannotSave."""
        faults = []
        for owner in self.ledgers:
            refused = self.faults(owner)
            faults += refused
            if not refused:
                faults += [fault for entry in owner.entries for fault in self._single(entry)]
                for tree in self._trees(owner):
                    left = note(self._walk(tree, act=not self.changes.check), tree, self.changes)
                    faults += [intrusion.Sign.of(one.why, one.path).as_dict() for one in left]
                self._save(owner)
        return faults

    def _trees(self, owner: Ledger) -> list[Tree]:
        return [Tree.from_options(entry) for entry in owner.entries if entry["kind"] == "tree"]

    def _walk(self, tree: Tree, act: bool, limit: int = EVERYTHING) -> Walk:
        return Walk(tree, self.owners, self.single, self.trees - {str(tree.path)}, act, limit)

    def _single(self, entry: Entry) -> list[Fault]:
        """One file, directory or link that the ledger names; what is gone is for `up` to bring back."""
        kinds = {"file": stat.S_ISREG, "directory": stat.S_ISDIR, "link": stat.S_ISLNK}
        path, wanted = Path(entry["name"]), kinds.get(entry["kind"])
        found = files.status(path)
        if wanted is None or found is None or (entry["kind"] != "link" and not entry.get("mode")):
            return []
        if not wanted(found.st_mode):
            why = f"`{path}` is {files.what(found)} and not a {entry['kind']}"
            return [intrusion.Sign.of(why, str(path)).as_dict()]
        have = stat.S_IMODE(found.st_mode)
        account = {**HERE.owner, **{key: entry[key] for key in ("user", "group") if entry.get(key)}}
        uid, gid = self.accounts.uid(account["user"]), self.accounts.gid(account["group"])
        mode = have if entry["kind"] == "link" else int(entry["mode"], 8)
        if uid is None or gid is None or (uid, gid, mode) == (found.st_uid, found.st_gid, have):
            return []
        before, after = describe(found.st_uid, found.st_gid, have), describe(uid, gid, mode)
        if entry["kind"] == "file" and found.st_nlink > 1:
            why = f"`{path}` ({before}) is another name of a file elsewhere (hard link)"
            return [intrusion.Sign.of(why, str(path)).as_dict()]
        self.changes.make(
            str(path), f"{before}\n", f"{after}\n", lambda: _restore(path, found, uid, gid, mode)
        )
        return []

    def _save(self, owner: Ledger) -> None:
        """Redis saves again without a restart: with files of others it would not even stop."""
        for server in redis_save.servers(owner.entries):
            if redis_save.refuses_writes(server, self.password):
                act = partial(redis_save.save_again, server, self.password)
                self.changes.make(f"Redis at {server.address}", "cannot save\n", "saved\n", act)


def _restore(path: Path, found: os.stat_result, uid: int, gid: int, mode: int) -> None:
    directory = enter(path.parent)
    try:
        if stat.S_ISLNK(found.st_mode):
            os.chown(path.name, uid, gid, dir_fd=directory, follow_symlinks=False)
        else:
            mend(directory, path.name, found, uid, gid, mode)
    finally:
        os.close(directory)
