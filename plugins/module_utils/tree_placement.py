"""Bring directory trees to what is stated of them, unless something smells of an intrusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import layout
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.intrusion import Sign
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Entry, Ledger, load_all
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_walk import Deviation, Suspicion, Walk
from ansible_collections.rabbitry.stack.plugins.module_utils.trees import Owners, Tree, stated

SHOWN = 10  # differences of one tree that are shown one by one


class Trees:
    """The trees that one owner states; what else the ledgers state is left alone here."""

    def __init__(self, known: Ledger, accounts: Accounts, changes: Changes) -> None:
        self.ledger = known
        self.accounts = accounts
        self.owners = Owners(accounts)
        self.changes = changes

    def refuse(self, asked: Iterable[Mapping[str, Any]]) -> None:
        """Raise Refused when one of the trees shows signs of an intrusion; nothing is changed."""
        for item in asked:
            tree = Tree.from_options(owned(item))
            for found in self._walk(tree):
                if isinstance(found, Suspicion):
                    sign = Sign.of(found.why, found.path)
                    raise Refused(sign.message, sign.hint)

    def place(self, asked: Iterable[Mapping[str, Any]]) -> None:
        """Mend what deviates. Raises Refused for an account that does not exist, and OSError."""
        self.owners = Owners(self.accounts)  # some of them were only now made
        for item in map(owned, asked):
            tree = Tree.from_options(item)
            missing = self.owners.missing(tree)
            if missing and not self.changes.check:
                raise Refused(f"`{tree.path}` is to belong to the {missing[0]}, which does not exist")
            self.ledger.record("tree", str(tree.path), **tree.facts(item))
            for suspicion in note(self._walk(tree, act=not self.changes.check), tree, self.changes):
                sign = Sign.of(suspicion.why, suspicion.path)
                raise Refused(sign.message, sign.hint)

    def forget_others(self, asked: Iterable[Mapping[str, Any]]) -> None:
        """Forget the trees that this owner stated before and does not any more."""
        paths = {str(item["path"]) for item in asked}
        for entry in self.ledger.entries:
            if entry["kind"] == "tree" and entry["name"] not in paths:
                self.ledger.forget("tree", entry["name"])

    @cached_property
    def _others(self) -> list[Entry]:
        others = [one for one in load_all(self.ledger.root) if one.owner != self.ledger.owner]
        return [entry for one in others for entry in one.entries]

    def _walk(self, tree: Tree, act: bool = False) -> Walk:
        single, trees = stated([*self._others, *self.ledger.entries])
        return Walk(tree, self.owners, single, trees - {str(tree.path)}, act=act)


def note(found: Iterable[Deviation | Suspicion], tree: Tree, changes: Changes) -> list[Suspicion]:
    """Add what deviates to the changes, the first ones one by one; returns what is suspicious."""
    suspicions: list[Suspicion] = []
    number = 0
    for one in found:
        if isinstance(one, Suspicion):
            suspicions.append(one)
            continue
        number += 1
        if number <= SHOWN:
            changes.make(one.path, f"{one.before}\n", f"{one.after}\n", lambda: None)
    if number > SHOWN:
        rest = f"{number - SHOWN} more below {tree.path}"
        changes.make(rest, "not as stated\n", "as stated\n", lambda: None)
    return suspicions


def owned(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, with what `root` means on this platform."""
    return layout.owned({**item, "rules": [layout.owned(rule) for rule in item.get("rules") or ()]})
