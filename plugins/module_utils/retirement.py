"""Undo what the ledgers of a host say Rabbitry did, and tell what was removed and what is kept, and why."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    accounts,
    files,
    managed_block,
    processes,
    selinux,
    supervisor,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.inventory import Inventory
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Entry, restore
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import Manager, forget
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.verdict import BEFORE, Verdict

CONFIGURATION = "/etc/rabbitry/supervisord.conf"


class Retirement:
    """One call of `retire`; with check=True it is the plan. `data` are directories that go whole."""

    def __init__(self, inventory: Inventory, manager: Manager, data: Collection[str], check: bool) -> None:
        self.inventory = inventory
        self.manager = manager
        self.data = data
        self.check = check
        self.verdict = Verdict()
        self.there = {
            (kind, entry["name"])
            for kind in ("directory", "user", "group")
            for entry in inventory.of(kind)
            if inventory.there(entry)
        }
        self._purged: set[str] = set()

    def all(self) -> None:
        """Everything, in an order in which nothing is used any more when it goes.

        Raises SupervisorError and what ERRORS names; the ledgers then still stand, for another try.
        """
        self.services(self.inventory.of("service"))
        for kind, undo in (("block", managed_block.retire), (selinux.KIND, selinux.retire)):
            for entry in reversed(self.inventory.of(kind)):
                undo(entry, self.verdict, self.check)
        for kind in ("file", "history", "link", "absent"):
            for entry in reversed(self.inventory.of(kind)):
                self.placed(entry)
        for kind in ("venv", "release"):
            for entry in reversed(self.inventory.of(kind)):
                self.tree(entry, Path(str(entry.get("path") or entry["name"])))
        self.packages(self.inventory.of("package"))
        self.processes()
        for entry in sorted(self.inventory.of("directory"), key=lambda one: str(one["name"]), reverse=True):
            self.directory(entry)
        for kind in ("user", "group"):
            for entry in reversed(self.inventory.of(kind)):
                self.account(entry)
        for entry in self.inventory.of("definitions"):
            if self.verdict.keeps("package", "rabbitmq-server"):
                self.verdict.keep(entry, "lie in a broker that is kept")

    def services(self, entries: Sequence[Entry]) -> None:
        """Stop and remove all services, those that others need last. Raises SupervisorError."""
        if entries and not self.check:
            supervisor.remove(*entries)
        for entry in reversed(entries):
            self.verdict.remove(entry)

    def placed(self, entry: Entry) -> None:
        """Remove a file or link, or give back what it was before."""
        path = Path(entry["name"])
        before = entry.get("original")
        if before:
            if not self.check:
                restore(path, before, self.inventory.root)
            self.verdict.restore(entry)
        elif not entry["created"]:
            if entry["kind"] != "absent":
                self.verdict.keep(entry, BEFORE)
        elif entry["kind"] != "absent" and files.status(path) is not None:
            if not self.check:
                forget(self.manager, path)
                path.unlink()
            self.verdict.remove(entry)

    def tree(self, entry: Entry, path: Path) -> None:
        """Remove a directory with all that it holds."""
        if path.is_dir() and not path.is_symlink() and not self._stays(entry):
            if not self.check:
                shutil.rmtree(path)
            self.verdict.remove(entry)

    def directory(self, entry: Entry) -> None:
        """Remove a directory when it is empty, or with its content when that is Rabbitry's data."""
        path, before = Path(entry["name"]), entry.get("original")
        root = self.inventory.root
        if path in (root, *root.parents, *self.inventory.bookkeeping):
            return  # the last to go
        if before and not self.check and self.inventory.there(entry):
            files.own_directory(path, int(before["mode"], 8), before["uid"], before["gid"])
        if self._stays(entry):
            return
        if entry.get("data") or any(str(one) in self.data for one in (path, *path.parents)):
            self.tree(entry, path)
        elif foreign := self._foreign(path):
            self.verdict.keep(entry, f"holds `{foreign}`")
        else:
            if not self.check:
                path.rmdir()
            self.verdict.remove(entry)

    def _foreign(self, path: Path) -> str:
        """Something in the directory that stays; what the plan removes elsewhere does not count."""
        gone = {one["name"] for one in self.verdict.removed} | self._purged if self.check else set()
        return next((one.name for one in sorted(path.iterdir()) if str(one) not in gone), "")

    def _stays(self, entry: Entry) -> bool:
        """Whether there is nothing to remove, or a reason not to; notes it."""
        if entry["kind"] in ("directory", "user", "group") and not self.inventory.there(entry):
            if entry["created"] and (entry["kind"], entry["name"]) in self.there:
                self.verdict.remove(entry)  # a package's scripts took it along, or its user
            return True
        if not entry["created"]:
            self.verdict.keep(entry, BEFORE)
        elif self._lent(entry):
            self.verdict.keep(entry, f"the package `{entry['by']}` is kept")
        else:
            return False
        return True

    def _lent(self, entry: Entry) -> bool:
        """Whether it came with a package that is kept."""
        return self.verdict.keeps("package", entry.get("by", ""))

    def packages(self, entries: Sequence[Entry]) -> None:
        """Purge what came with Rabbitry and is not needed by others. Raises PackageError."""
        present = self.manager.present()
        ours = [one for one in entries if one["created"] and one["name"] in present]
        kept = self.manager.needed_by_others([one["name"] for one in ours]) if ours else {}
        going = [one for one in ours if one["name"] not in kept]
        for entry in entries:
            if not entry["created"]:
                self.verdict.keep(entry, BEFORE)
            elif entry["name"] in kept:
                self.verdict.keep(entry, kept[entry["name"]])
        if going and not self.check:
            self.processes()  # before the files that they run from go
            configured = [one["name"] for one in going if one.get("keep_configuration")]
            self.manager.purge([one["name"] for one in going], keep_configuration=configured)
        for entry in going:
            self.verdict.remove(entry)
            self._purged |= self.manager.owned_paths(entry["name"]) if self.check else set()

    def processes(self) -> None:
        """End what still runs of Rabbitry's. Raises TimeoutError."""
        if self.check:
            return
        going = [one for one in self.inventory.of("user") if one["created"] and not self._lent(one)]
        uids = {uid for one in going if (uid := self.inventory.accounts.uid(one["name"]))}
        erlang = self.inventory.created("package", "erlang-base")
        erlang = erlang and not self.verdict.keeps("package", "erlang-base")
        for process in processes.leftovers(uids, erlang, CONFIGURATION):
            if processes.end(process):
                self.verdict.remove({"kind": "process", "name": f"{process.name} ({process.pid})"})

    def account(self, entry: Entry) -> None:
        """Remove a user or group that came with Rabbitry. Raises AccountError."""
        known = self.inventory.accounts
        if self._stays(entry):
            return
        if not self.check:
            act = known.remove_user if entry["kind"] == "user" else known.remove_group
            act(entry["name"])
        self.verdict.remove(entry)

    def traces(self) -> None:
        """Remove the ledger, what else only keeps books, and the directories that were made for them."""
        root = self.inventory.root
        made = {one["name"] for one in self.inventory.of("directory") if one["created"]}
        for path in (*self.inventory.bookkeeping, root, *(one for one in root.parents if str(one) in made)):
            entry = {"kind": "directory", "name": str(path)}
            whole = path not in root.parents or str(path) in self.data
            if not path.is_dir():
                continue
            if not whole and (foreign := self._foreign(path)):
                self.verdict.keep(entry, f"holds `{foreign}`")
                continue
            if not self.check:
                shutil.rmtree(path)
            self.verdict.remove(entry)


ERRORS = (PackageError, selinux.SelinuxError, accounts.AccountError, files.Refused, OSError)
