"""The pulse of one host: its services and live numbers, taken on the host by one short process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    evidence_broker,
    sockets,
    supervisor,
    vitals,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError

SHOWN = ("celery", "kombu", "redis", "flower")


def services(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """State and ports of services by name: running, state, enabled, pid, since, restarts, listens, from."""
    states = supervisor.states(names)
    ports = sockets.ports_of({name: int(state["pid"] or 0) for name, state in states.items()})
    return {name: {**states[name], **ports[name]} for name in names}


def take(question: Question) -> dict[str, Any]:
    """Everything that `status` shows of one host; of the passwords, monitor's and redis' are used.

    Gives {"host", "time", "services": as above, "versions": {application: {package: version}}, "releases":
    {application: its history}, "broker", "backend", "flower": {service: answer}}; broker and backend are None
    where they do not run, and an answer is {"fault": sentence} of one that is silent.
    """
    found = question.told.get("services") or services(question.services)
    apps = question.stack["apps"]
    own = evidence_broker.here(question)["management"]

    def watch() -> dict[str, Any]:
        return vitals.broker(
            own["host"],
            own["port"],
            *question.login("monitor"),
            [app["vhost"] for app in apps],
        )

    def store() -> dict[str, Any]:
        return vitals.backend(question.redis["host"], question.redis["port"], *question.login("redis"))

    flowers = [app["flower"] for app in apps if app["flower"] and question.runs(app["flower"]["service"])]
    return {
        "host": question.host,
        "time": time.time(),
        "services": found,
        "versions": question.told.get("versions")
        or {app["name"]: versions(Path(app["home"])) for app in apps},
        "releases": releases({app["name"]: Path(app["home"]) for app in apps}),
        "broker": _ask(watch) if question.runs("rabbitmq-server") else None,
        "backend": _ask(store) if question.runs("redis-server") else None,
        "flower": {one["service"]: _ask(partial(_flower, one)) for one in flowers},
    }


def _flower(end: Mapping[str, Any]) -> dict[str, Any]:
    return vitals.dashboard(end["host"], end["port"], end["service"])


def _ask(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return question()
    except vitals.Silent as silent:
        return {"fault": str(silent)}


def versions(home: Path) -> dict[str, str]:
    """What is installed in an application's environment, by the names of its metadata directories."""
    found = (
        path.name.removesuffix(".dist-info")
        for path in home.glob("venv/lib/python3*/site-packages/*.dist-info")
    )
    pairs = (name.partition("-")[::2] for name in found)
    return {name: version for name, version in pairs if name in SHOWN}


def releases(homes: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """What was in use of each application that this host has, as `History.told`."""
    return {name: History(home).told() for name, home in homes.items() if (home / "current").is_symlink()}


def main() -> None:
    """Read {"stack", "secrets", "host"} as JSON from standard input, write the pulse as JSON."""
    asked = json.load(sys.stdin)
    try:
        json.dump(take(Question(**asked)), sys.stdout)
    except SupervisorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
