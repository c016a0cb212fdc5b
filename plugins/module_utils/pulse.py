"""The pulse of one host: its services and live numbers, taken on the host by one short process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import sockets, supervisor, vitals
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError

SHOWN = ("celery", "kombu", "redis", "flower")


def take(stack: Mapping[str, Any], secrets: Mapping[str, str], host: str) -> dict[str, Any]:
    """Everything that `status` shows of one host.

    `stack` is the document stack.json, `secrets` the passwords it refers to (monitor and redis are used).
    Gives {"host", "time", "services": {name: state, pid, since, restarts, listens, from}, "versions",
    "broker", "backend", "flower"}; the last three are None where they do not run and {"fault": sentence}
    when they are silent.
    """
    known = next(each for each in stack["hosts"] if each["name"] == host)
    names = [service["name"] for service in known["services"]]
    states = supervisor.states(names)
    ports = sockets.ports_of({name: int(state["pid"] or 0) for name, state in states.items()})
    ends, accounts = stack["endpoints"], stack["accounts"]
    monitor, redis = accounts["monitor"], accounts["redis"]

    def watch() -> dict[str, Any]:
        return vitals.broker(
            ends["management"]["host"],
            ends["management"]["port"],
            monitor["username"],
            secrets[monitor["secret"]],
            ends["amqp"]["vhost"],
        )

    def store() -> dict[str, Any]:
        end = ends["redis"]
        return vitals.backend(end["host"], end["port"], redis["username"], secrets[redis["secret"]])

    def flower() -> dict[str, Any]:
        return vitals.dashboard(ends["flower"]["host"], ends["flower"]["port"])

    return {
        "host": host,
        "time": time.time(),
        "services": {name: {**states[name], **ports[name]} for name in names},
        "versions": versions(Path(stack["app"]["home"])),
        "broker": _ask(watch) if "rabbitmq-server" in names else None,
        "backend": _ask(store) if "redis-server" in names else None,
        "flower": _ask(flower) if "stack-flower" in names and ends["flower"] else None,
    }


def _ask(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return question()
    except vitals.Silent as silent:
        return {"fault": str(silent)}


def versions(home: Path) -> dict[str, str]:
    """What is installed in the application's environment, by the names of its metadata directories."""
    found = (
        path.name.removesuffix(".dist-info")
        for path in home.glob("venv/lib/python3*/site-packages/*.dist-info")
    )
    pairs = (name.partition("-")[::2] for name in found)
    return {name: version for name, version in pairs if name in SHOWN}


def main() -> None:
    """Read {"stack", "secrets", "host"} as JSON from standard input, write the pulse as JSON."""
    asked = json.load(sys.stdin)
    try:
        json.dump(take(asked["stack"], asked["secrets"], asked["host"]), sys.stdout)
    except SupervisorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
