"""What the module `packages` does with its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import managers, pins
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import Manager
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.placement import Placement
from ansible_collections.rabbitry.stack.plugins.module_utils.transaction import Transactions
from ansible_collections.rabbitry.stack.plugins.module_utils.versions import order

# Repositories are the host's, whoever asked for them first.
LEDGER = "sources"
OWNER = {"user": "root", "group": "root"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """Packages for `owner`, `names` as `name` or `name=version`; `sources` are files, {path, content}."""

    owner: str
    names: Sequence[str]
    sources: Sequence[Mapping[str, str]] = ()
    wait: bool = True
    mask: Sequence[str] = ()
    timeout: float = 900
    manager: Manager = field(default_factory=managers.for_host)

    @classmethod
    def read(cls, asked: Mapping[str, Any]) -> Request:
        """From the module's arguments. Raises PackageError on a host without a package manager."""
        return cls(**{**asked, "names": pins.merge(asked["names"])})

    def converge(self, check: bool) -> dict[str, Any]:
        """Do it, or with check=True only tell; returns the module's result.

        Raises PackageError, Refused, LedgerError, OSError.
        """
        before = self.manager.installed()
        missing = pins.missing(self.names, before)
        self._refuse_downgrades(missing, before)
        placement = self._place_sources(check)
        running = False if check else self._install(missing)
        diff = list(placement.diff)
        if missing:
            old = [f"{name}={before[name]}" for name, _ in map(pins.split, missing) if name in before]
            diff.append({"before": _lines(old), "after": _lines(missing)})
        changed = bool(missing or placement.changed)
        return {"changed": changed, "missing": missing, "running": running, "diff": diff}

    def _refuse_downgrades(self, missing: Sequence[str], installed: Mapping[str, str]) -> None:
        for pin in missing:
            name, wanted = pins.split(pin)
            have = installed.get(name, "").rpartition(":")[2]
            if have and order(have) > order(wanted.rpartition(":")[2]):
                raise PackageError(
                    f"`{name}` {have} is installed and {wanted} is asked for: a package is not downgraded",
                    "./inv destroy   # exports the definitions; then ./inv up installs the older release",
                )

    def _place_sources(self, check: bool) -> Placement:
        placement = Placement(Ledger(LEDGER), Accounts(), check)
        try:
            for file in self.sources:
                placement.file({**file, "mode": "0644", **OWNER})
        finally:
            if not check and self.sources:
                placement.ledger.save()
        return placement

    def _install(self, missing: Sequence[str]) -> bool:
        """Install, or begin to; says whether a transaction is still running."""
        transactions = Transactions(install=self.manager.install)
        running = False
        if self.wait:
            transactions.join(self.timeout)
            if pins.missing(self.names, self.manager.installed()):
                self._start(transactions)
                transactions.join(self.timeout)
            transactions.settle()
        else:
            transactions.failures(self.names)  # they are about to be tried again
            there = transactions.running()
            if not set(missing) <= there:
                self._start(transactions)
            running = bool(missing or there)
        present = self.manager.installed()
        ledger = Ledger(self.owner)
        for name in {pins.split(pin)[0] for pin in self.names} & set(present):
            ledger.record("package", name, version=present[name])
        ledger.save()
        return running

    def _start(self, transactions: Transactions) -> None:
        transactions.start(self.owner, self.names, self.mask, [file["path"] for file in self.sources])


def _lines(names: Sequence[str]) -> str:
    return "".join(f"{name}\n" for name in names)
