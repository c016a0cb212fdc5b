"""Bring the system groups and users of a host to what is asked, and keep the ledger of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts, User
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger


def place_group(item: Mapping[str, Any], ledger: Ledger, accounts: Accounts, changes: Changes) -> None:
    """Create the system group unless it is there. Raises AccountError."""
    name = str(item["name"])
    missing = accounts.gid(name) is None
    if missing:
        changes.make(f"group {name}", "absent\n", "present\n", lambda: accounts.add_group(name))
    ledger.record("group", name, created=missing)


def place_user(item: Mapping[str, Any], ledger: Ledger, accounts: Accounts, changes: Changes) -> None:
    """Create the system user, or restore what Rabbitry created; another's user only joins the groups.

    Raises AccountError.
    """
    user = User(**{**item, "groups": tuple(item["groups"])})
    label = f"user {user.name}"
    missing = accounts.uid(user.name) is None
    known = ledger.find("user", user.name)
    if missing:
        changes.make(label, "absent\n", "present\n", lambda: accounts.add_user(user))
    elif known and known["created"] and (options := accounts.differences(user)):
        changes.make(
            label, "other\n", " ".join(options) + "\n", lambda: accounts.change_user(user.name, options)
        )
    if joins := accounts.missing_groups(user):
        options = ["--append", "--groups", ",".join(joins)]
        before, after = "not in these groups\n", f"in {', '.join(joins)}\n"
        changes.make(label, before, after, lambda: accounts.change_user(user.name, options))
    ledger.record("user", user.name, created=missing)
