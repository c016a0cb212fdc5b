"""Compares a host with what the last converge wrote down: ledgers, services, broker's definitions, seal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import seals
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import digest
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import (
    Ledger,
    LedgerError,
    drift,
    load_all,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.management import (
    Management,
    ManagementError,
    Unreachable,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError
from ansible_collections.rabbitry.stack.plugins.module_utils.supervisor import states

# The broker is on this machine: an answer that takes longer is an answer too.
API_TIMEOUT = 2.0

Entry = Mapping[str, Any]


def verify(root: Path, broker: Mapping[str, str] | None) -> dict[str, Any]:
    """What the ledgers below `root` hold and where the host differs.

    Returns {ours: [owners, packages, services], accounts: [of services], recorded: {package: version},
    drift: [{owner, kind, name, why}], seal: {env, digest} | None, env: the environment it was set up for}.
    `broker` is {username, password} of an account that reads the definitions;
    without it they are not compared.
    """
    try:
        ledgers = load_all(root)
    except LedgerError as error:
        return {"drift": [{"owner": "", "kind": "ledger", "name": str(root), "why": str(error)}]}
    pairs = [(ledger.owner, entry) for ledger in ledgers for entry in ledger.entries]
    found = [
        {"owner": owner, "kind": entry["kind"], "name": entry["name"], "why": why}
        for owner, entry in pairs
        if (why := drift(entry))
    ]
    found += service_drift(pairs, root)
    if broker:
        found += definitions_drift(pairs, broker)
    packages = {
        entry["name"]: str(entry.get("version", "")) for _, entry in pairs if entry["kind"] == "package"
    }
    return {
        "ours": sorted(names(ledgers)),
        "accounts": sorted(accounts(pairs)),
        "recorded": packages,
        "drift": found,
        "seal": seals.current(root) or None,
        "env": seals.last(root).get("env", ""),
    }


def names(ledgers: Iterable[Ledger]) -> set[str]:
    """Owners that wrote anything, and the packages and services that they wrote down."""
    kinds = ("package", "service")
    mine = {entry["name"] for ledger in ledgers for entry in ledger.entries if entry["kind"] in kinds}
    return mine | {ledger.owner for ledger in ledgers if ledger.entries}


def accounts(pairs: Sequence[tuple[str, Entry]]) -> set[str]:
    """The accounts, but root, that our services run as."""
    services = [entry for _, entry in pairs if entry["kind"] == "service"]
    return {str((entry.get("definition") or {}).get("user") or "root") for entry in services} - {"root"}


def service_drift(pairs: Sequence[tuple[str, Entry]], root: Path) -> list[dict[str, Any]]:
    """Services that do not run, or would not start with the machine; all are asked for in one go."""
    services = {str(entry["name"]): owner for owner, entry in pairs if entry["kind"] == "service"}
    if not services:
        return []
    try:
        answers = states(sorted(services), root)
    except SupervisorError as error:
        return [{"owner": "", "kind": "service", "name": ", ".join(sorted(services)), "why": str(error)}]
    found = []
    for name, state in answers.items():
        why = ""
        if not state["running"]:
            why = f"the service {name} is not running"
            why += f" ({state['state']})" if state["state"] != "stopped" else ""
        elif not state["enabled"]:
            why = f"the service {name} does not start with the machine"
        if why:
            found.append({"owner": services[name], "kind": "service", "name": name, "why": why})
    return found


def definitions_drift(pairs: Sequence[tuple[str, Entry]], broker: Mapping[str, str]) -> list[dict[str, Any]]:
    """Whether the broker still has what was declared, by one call of its API."""
    found = []
    for owner, entry in pairs:
        if entry["kind"] != "definitions":
            continue
        why = ""
        api = Management(entry["url"], broker["username"], broker["password"], timeout=API_TIMEOUT)
        try:
            if digest(api.definitions(), entry["names"]) != entry["digest"]:
                why = "the broker's definitions differ from the declared ones"
        except (ManagementError, Unreachable) as error:
            why = f"the broker's definitions cannot be read: {error}"
        if why:
            found.append({"owner": owner, "kind": "definitions", "name": entry["name"], "why": why})
    return found
