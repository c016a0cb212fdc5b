"""Does with the real dnf what its arguments say and prints what is there then; runs inside a test host."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, "/srv/collections")

from ansible_collections.rabbitry.stack.plugins.module_utils import newcomers
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import RedHat, forget
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.transaction import Transactions

REPOSITORY = Path("/etc/yum.repos.d/test.repo")
manager = RedHat(Path("/tmp/packages.log"))
state = Path("/srv/state")


def install(*names: str) -> None:
    """In a transaction, as the module `packages` does it."""
    host = newcomers.Host(manager=manager)
    transactions = Transactions(
        install=manager.install, state=state / "t", ledger=state / "ledger", host=host
    )
    transactions.start("test", names, [], [str(REPOSITORY)])
    transactions.join(60)


def answer(verb: str, *names: str) -> dict[str, object]:
    """Do it, and tell what is there and what the ledger holds."""
    failed: dict[str, object] = {}
    needed: dict[str, str] = {}
    try:
        if verb == "install":
            install(*names)
        elif verb == "purge":
            manager.purge(names)
        elif verb == "needed":
            needed = manager.needed_by_others(names)
        elif verb == "forget":
            forget(manager, REPOSITORY)
    except PackageError as error:
        failed = {"message": error.message, "hint": error.hint}
    entries = [entry for entry in Ledger("test", state / "ledger").entries if entry["created"]]
    return {
        "installed": dict(manager.installed()),
        "ledger": [[entry["kind"], entry["name"], entry.get("by", "")] for entry in entries],
        "needed": needed,
        "failed": failed,
    }


print(json.dumps(answer(*sys.argv[1:])))
