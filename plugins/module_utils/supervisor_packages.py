"""Brings the packages of a supervisor that is not installed yet."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.module_utils import managers
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import Control
from ansible_collections.rabbitry.stack.plugins.module_utils.transaction import Transactions

SECONDS = 900


def bring(hand: Control, book: Ledger) -> list[str]:
    """Install what the supervisor needs, unless a running transaction does; names, recorded in `book`.

    Its own unit is masked meanwhile: nothing of the distribution's may start. Raises PackageError.
    """
    manager = managers.for_host()
    transactions = Transactions(install=manager.install)
    transactions.join(SECONDS)
    if not hand.installed():
        transactions.start(book.owner, hand.packages, mask=[f"{name}.service" for name in hand.packages])
        transactions.join(SECONDS)
    present = manager.installed()
    names = [name for name in hand.packages if name in present]
    for name in names:
        book.record("package", name, version=present[name])
    return names
