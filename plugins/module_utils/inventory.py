"""What all ledgers of a host together say: one entry for each thing, whoever recorded it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import layout, ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Entry


class Inventory:
    """The ledgers below `root` as one: a thing counts as created when one owner created it.

    With `owners` only what is theirs and nobody else's. Raises LedgerError.
    """

    def __init__(
        self,
        root: Path = ledger.ROOT,
        accounts: Accounts | None = None,
        owners: Collection[str] | None = None,
    ) -> None:
        self.root = root
        self.bookkeeping: tuple[Path, ...] = (Path(layout.HERE.run), root.parent / "packages")
        self.accounts = accounts or Accounts()
        self._entries: dict[tuple[str, str], Entry] = {}
        every = ledger.load_all(root)
        theirs = [one for one in every if owners is None or one.owner in owners]
        rest = [entry for one in every if one not in theirs for entry in one.entries]
        others = {(entry["kind"], entry["name"]) for entry in rest}
        for one in theirs:
            for entry in one.entries:
                if (entry["kind"], entry["name"]) in others:
                    continue
                old = self._entries.get((entry["kind"], entry["name"]), {})
                sticky = {key: old[key] for key in ledger.KEPT if old.get(key)}
                self._entries[entry["kind"], entry["name"]] = {**entry, **sticky}

    def of(self, kind: str) -> list[Entry]:
        """Entries of one kind, oldest first."""
        return [entry for (one, _), entry in self._entries.items() if one == kind]

    @property
    def empty(self) -> bool:
        """Whether Rabbitry never did anything here, or all of it was undone."""
        return not self._entries

    def created(self, kind: str, name: str) -> bool:
        """Whether that thing came with Rabbitry."""
        return bool(self._entries.get((kind, name), {}).get("created"))

    def there(self, entry: Entry) -> bool:
        """Whether the directory, user or group still exists; a link is no directory."""
        if entry["kind"] == "directory":
            path = Path(entry["name"])
            return path.is_dir() and not path.is_symlink()
        known = self.accounts.uid if entry["kind"] == "user" else self.accounts.gid
        return known(entry["name"]) is not None
