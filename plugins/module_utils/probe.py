"""Everything about a host that decides whether and how the stack can be set up there; reads only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import machine, peers, versions
from ansible_collections.rabbitry.stack.plugins.module_utils.cookie import look as look_at_cookie
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.listeners import listeners
from ansible_collections.rabbitry.stack.plugins.module_utils.strangers import data_of, strangers

LEDGERS = f"{HERE.state}/ledger"
# What the target side is written for; the probe itself also runs on older ones, to say so.
PYTHON = (3, 11)

ARGUMENTS: dict[str, dict[str, Any]] = {
    "servers": {"type": "list", "elements": "str", "default": [], "choices": ["rabbitmq", "redis"]},
    "packages": {
        "type": "list",
        "elements": "str",
        "default": ["rabbitmq-server", "redis-server", "erlang-base"],
    },
    "disks": {"type": "list", "elements": "path", "default": []},
    "node_name": {"type": "str", "default": "rabbit@localhost"},
    "ledgers": {"type": "path", "default": LEDGERS},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "redis_password": {"type": "str", "default": "", "no_log": True},
    "applications": {"type": "list", "elements": "dict", "default": []},
    "peers": {"type": "list", "elements": "dict", "default": []},
}


def collect(params: Mapping[str, Any]) -> dict[str, Any]:
    """The host's facts; `params` takes the keys of ARGUMENTS, each with the default that stands there.

    `username` and `password` of a broker account let the broker's definitions be compared as well. Sizes are
    bytes. OSError when /proc cannot be read at all.
    """
    started = time.monotonic()
    given = {name: params.get(name, option.get("default")) for name, option in ARGUMENTS.items()}
    root = Path("/")
    facts = {
        "os": machine.release(root),
        **machine.account(),
        "python": machine.python(),
        "container": machine.container(root),
        "supervisor": supervisor(),
        "cpus": os.cpu_count() or 1,
        "memory": machine.memory(root),
        "disks": machine.disks(list(dict.fromkeys([*HERE.disks, *(given["disks"] or [HERE.home])]))),
        "layout": HERE.facts(),
        **machine.host_name(),
        "package_manager": versions.manager(root),
        "packages": versions.versions(root, given["packages"]),
        "listeners": listeners(root),
        "ours": [],
        "accounts": [],
        "recorded": {},
        "vendor": False,
        "drift": [],
        "suspicions": [],
        "by_hand": [],
        "standing": [],
        "undeclared": [],
        "seal": None,
        "env": "",
        "applications": {},
    }
    if sys.version_info >= PYTHON:
        facts |= verified(Path(given["ledgers"]), given)
        facts["applications"] = applications(given["applications"])
        if HERE.system == "Darwin":
            claim(facts["listeners"], Path(given["ledgers"]))
    ours = set(facts["ours"])
    for listener in facts["listeners"]:
        name = listener["service"] or listener["unit"].rpartition(".")[0]
        unseen = listener["pid"] is None and listener["user"] in facts["accounts"]
        listener["ours"] = bool(listener["service"]) or name in ours or unseen
    # What asks launchd needs the newer Python too.
    judged = sys.version_info >= PYTHON or HERE.system != "Darwin"
    facts["strangers"] = strangers(root, given["servers"], ours, given["node_name"]) if judged else []
    facts["data"] = data_of(root, given["servers"])
    facts["cookie"] = look_at_cookie() if "rabbitmq" in given["servers"] else None
    facts["peers"] = peers.look(given["peers"])
    facts["time"] = time.time()
    facts["seconds"] = round(time.monotonic() - started, 3)
    return facts


def verified(root: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `verification.verify` finds; nothing without a ledger that this account may read."""
    try:
        if not any(root.iterdir()):
            return {}
    except (FileNotFoundError, PermissionError):
        return {}
    from ansible_collections.rabbitry.stack.plugins.module_utils.verification import verify

    login = {"username": given["username"], "password": given["password"]}
    return verify(root, login if all(login.values()) else None, given["redis_password"] or "")


def applications(given: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What of each application is there already, by its name, as `app_place.look` says it."""
    from ansible_collections.rabbitry.stack.plugins.module_utils.app_place import look

    return {str(one["name"]): look(one) for one in given}


def claim(sockets: list[dict[str, Any]], ledgers: Path) -> None:
    """On a Mac, where a process does not tell its service: note which sockets belong to our services."""
    from ansible_collections.rabbitry.stack.plugins.module_utils import ps
    from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError
    from ansible_collections.rabbitry.stack.plugins.module_utils.supervisor import recorded, states

    try:
        pids = {state["pid"]: name for name, state in states(list(recorded(root=ledgers)), ledgers).items()}
    except SupervisorError:
        return  # the drift says so already
    table = ps.rows()
    for entry in sockets:
        mine = ps.ancestors(entry["pid"], table) & pids.keys() - {0}
        entry["service"] = next((pids[pid] for pid in mine), "")


def supervisor() -> str:
    """What will supervise the services: "systemd", "launchd" or "supervisord"; "" when Python is too old."""
    if sys.version_info < PYTHON:
        return ""
    from ansible_collections.rabbitry.stack.plugins.module_utils.supervisor import detect

    return str(detect())
