"""A made-up host that `retire` can be tried on: a ledger, accounts and packages of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.inventory import Inventory
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import Debian
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.retirement import Retirement

from tests.unit.places import Place


class FakeAccounts(Accounts):
    """Accounts of a made-up host."""

    def __init__(self, *names: str) -> None:
        super().__init__(lambda command: self.names.remove(command[-1]))
        self.names = set(names)

    def uid(self, name: str) -> int | None:
        return 900 if name in self.names else None

    gid = uid


class FakeManager(Debian):
    """Packages of a made-up host."""

    def __init__(self, needed: Mapping[str, str], broken: bool = False) -> None:
        super().__init__()
        self.needed, self.broken = needed, broken
        self.purged: list[str] = []

    def present(self) -> set[str]:
        return {"rabbitmq-server", "erlang-base", "redis-server"}

    def owned_paths(self, name: str) -> set[str]:
        return set()

    def needed_by_others(self, names: Sequence[str]) -> dict[str, str]:
        return {name: why for name, why in self.needed.items() if name in names}

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        if self.broken:
            raise PackageError("broken")
        self.purged = list(names)


class Site:
    """A host below tmp_path with a ledger in state/ledger."""

    def __init__(self, root: Path) -> None:
        self.root, self.ledger = root, root / "state" / "ledger"
        self.place = Place(self.ledger)
        self.accounts = FakeAccounts("celery", "rabbitmq", "www")
        self.manager = FakeManager({})
        self.stopped: list[str] = []

    def record(self, kind: str, name: object, owner: str = "test", **facts: Any) -> None:
        known = Ledger(owner, self.ledger)
        known.record(kind, str(name), **facts)
        known.save()

    def retire(self, check: bool = False, data: Sequence[str] = ()) -> Retirement:
        inventory = Inventory(self.ledger, self.accounts)
        inventory.bookkeeping = (self.root / "run",)
        retirement = Retirement(inventory, self.manager, data, check)
        retirement.all()
        retirement.traces()
        return retirement
