"""Compares a host with what the last converge wrote down: ledgers, services, broker's definitions, seal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    by_hand,
    history,
    intrusion,
    redis_save,
    seals,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plugins import NODES, turned
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plugins import names as names_of_plugins
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
from ansible_collections.rabbitry.stack.plugins.module_utils.ownership import Ownership
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_converge import Server
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError
from ansible_collections.rabbitry.stack.plugins.module_utils.supervisor import states

# The ledger of the module `packages` for what it was told to install from.
SOURCES = "sources"
# The broker is on this machine: an answer that takes longer is an answer too.
API_TIMEOUT = 2.0

Entry = Mapping[str, Any]


def verify(root: Path, broker: Mapping[str, str] | None, redis_password: str = "") -> dict[str, Any]:
    """What the ledgers below `root` hold and where the host differs.

    Returns {ours: [owners, packages, services], accounts: [of services], recorded: {package: version},
    vendor: whether package sources were added,
    drift: [{owner, kind, name, why}], seal: {env, digest} | None, env: the environment it was set up for,
    standing: [which release stays away, a sentence each], suspicions: [{message, hint}] of an intrusion,
    by_hand: [{message, hint, pid}] of daemons run as root}.
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
    differences, suspicions = ownership_drift(ledgers, redis_password)
    found += differences
    if redis_password:
        found += settings_drift(pairs, redis_password)
    if broker:
        found += definitions_drift(pairs, broker)
    packages = {
        entry["name"]: str(entry.get("version", "")) for _, entry in pairs if entry["kind"] == "package"
    }
    return {
        "ours": sorted(names(ledgers)),
        "accounts": sorted(accounts(pairs)),
        "recorded": packages,
        "vendor": any(owner == SOURCES and entry["kind"] == "file" for owner, entry in pairs),
        "drift": found,
        "seal": seals.current(root) or None,
        "env": seals.last(root).get("env", ""),
        "suspicions": suspicions,
        "by_hand": [one.as_dict() for one in by_hand.daemons([entry for _, entry in pairs])],
        "standing": history.standing([entry for _, entry in pairs]),
    }


def ownership_drift(
    ledgers: Sequence[Ledger], redis_password: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Whose trees are not as stated, whether Redis refuses writes, and what smells of an intrusion."""
    every = Ownership(ledgers, password=redis_password)
    found, suspicions = [], []
    for ledger in ledgers:
        differences, signs = every.drift(ledger)
        found += [{"owner": ledger.owner, **one} for one in differences]
        suspicions += [*signs, *(one.as_dict() for one in intrusion.of_redis(ledger.entries, redis_password))]
        for server in redis_save.servers(ledger.entries):
            if redis_save.refuses_writes(server, redis_password):
                why = f"Redis at {server.address} takes no writes: its last save failed"
                found.append({"owner": ledger.owner, "kind": "data", "name": server.data, "why": why})
    return found, suspicions


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


def settings_drift(pairs: Sequence[tuple[str, Entry]], password: str) -> list[dict[str, Any]]:
    """Whether a running Redis still has the settings that were declared, which no file shows."""
    found = []
    for owner, entry in (pair for pair in pairs if pair[1]["kind"] == "settings"):
        try:
            changes = Server.of(entry, password).predict().changes
            shown = ", ".join(f"`{one.name} {one.live}`" for one in changes)
            why = f"Redis runs with {shown}" if shown else ""
        except Refused as refused:
            why = str(refused)
        if why:
            found.append({"owner": owner, "kind": "settings", "name": entry["name"], "why": why})
    return found


def definitions_drift(pairs: Sequence[tuple[str, Entry]], broker: Mapping[str, str]) -> list[dict[str, Any]]:
    """Whether the broker still has what was declared and runs the same plugins, by a call of its API each."""
    found = []
    for owner, entry in pairs:
        if entry["kind"] not in ("definitions", "plugins"):
            continue
        why = ""
        api = Management(entry["url"], broker["username"], broker["password"], timeout=API_TIMEOUT)
        try:
            if entry["kind"] == "plugins":
                why = ", ".join(turned(entry["running"], names_of_plugins(api.request("GET", NODES))))
            elif digest(api.definitions(), entry["names"]) != entry["digest"]:
                why = "the broker's definitions differ from the declared ones"
        except (ManagementError, Unreachable) as error:
            why = f"the broker's {entry['kind']} cannot be read: {error}"
        if why:
            found.append({"owner": owner, "kind": entry["kind"], "name": entry["name"], "why": why})
    return found
