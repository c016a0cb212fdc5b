"""Checks of the applications: each for itself, and that no two are in each other's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import (
    DECISIONS,
    app_service,
    apps,
    variable_of,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.model import VARIABLE
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import MODEL
from ansible_collections.rabbitry.stack.plugins.plugin_utils.workers import check_workers

App = Mapping[str, Any]

# What two applications must not have in common, and what that is.
OWN = {"vhost": "virtual host", "db": "database of Redis"}


def applications(stack: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The applications of a model that was read; what was refused is None, or left out with its entry."""
    entries = [entry for entry in stack.get("stack_apps") or [] if entry and None not in entry.values()]
    if stack.get("stack_apps") and not entries:
        return []
    one = {key: stack.get(variable) for key, variable in DECISIONS.items()}
    return apps(entries, one)


def check_apps(found: Sequence[App], elsewhere: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Fault]:
    """Faults of all applications; `elsewhere` are the workers of other hosts, by an application's label."""
    faults = [fault for app in found for fault in _check(app, elsewhere.get(app["label"], ()))]
    for name in _repeated([app["label"] for app in found]):
        faults.append(Fault(f"{_count(found, 'label', name)} applications are named `{name}`", _rename(name)))
    for key, what in OWN.items():
        for value in _repeated([app[key] for app in found if app.get(key) is not None]):
            both = [app for app in found if app[key] == value]
            names = " and ".join(f"`{app['label']}`" for app in both)
            hint = f"give `{variable_of(both[-1], key)}` another value"
            faults.append(Fault(f"the applications {names} have one {what}, `{value}`", hint))
    services = [
        app_service(app, "worker", worker["name"])
        for app in found
        for worker in app.get("workers") or []
        if worker.get("name")
    ]
    own = {app_service(app, "worker", one["name"]) for app in found for one in _twins(app)}
    for name in _repeated([one for one in services if one not in own]):
        faults.append(Fault(f"two workers would be the service `{name}`", f"rename one in {MODEL}"))
    return faults


def _check(app: App, elsewhere: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Faults of one application by itself, in the words of its own decisions."""
    faults = check_environment(app.get("environment") or {}, variable_of(app, "environment"))
    if app.get("workers") is None or app.get("queues") is None:
        return faults
    away = {str(queue) for worker in elsewhere for queue in worker.get("queues") or []}
    found = check_workers(app["workers"], app["queues"], app.get("longest_task"), away)
    return faults + [_of(app, fault) for fault in found]


def _of(app: App, fault: Fault) -> Fault:
    """A fault of the only application, told of a named one."""
    if not app["name"]:
        return fault
    message, hint = fault.message, fault.hint
    for key in ("queues", "workers", "longest_task"):
        message, hint = (text.replace(DECISIONS[key], key) for text in (message, hint))
    return replace(fault, message=f"application `{app['name']}`: {message}", hint=f"{hint} in stack_apps")


def _twins(app: App) -> list[Mapping[str, Any]]:
    """Workers that share their name within one application, which is told as such."""
    names = Counter(worker.get("name") for worker in app.get("workers") or [])
    return [worker for worker in app.get("workers") or [] if worker.get("name") and names[worker["name"]] > 1]


def _count(found: Sequence[App], key: str, value: Any) -> int:
    return sum(app[key] == value for app in found)


def _rename(name: str) -> str:
    return f"give each application in stack_apps ({MODEL}) a name of its own, and one only `{name}`"


def _repeated(values: Sequence[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def check_environment(environment: Mapping[str, Any], variable: str) -> list[Fault]:
    """Names and values that an environment file cannot carry; `variable` has them."""
    faults = []
    for name, value in environment.items():
        if not VARIABLE.fullmatch(str(name)):
            faults.append(
                Fault(
                    f"`{name}` in `{variable}` is no name for an environment variable",
                    "use letters, digits and `_`, and no digit first",
                )
            )
        if isinstance(value, list | dict) or "\n" in str(value) or "\0" in str(value):
            faults.append(
                Fault(
                    f"the value of `{name}` in `{variable}` is not one line of text",
                    f'write `{name}: "…"` in one line',
                )
            )
    return faults


def pairs(found: Iterable[App]) -> tuple[tuple[str, str], ...]:
    """The Celery sets and queue types that the applications use together."""
    used = ((str(app.get("celery_set") or ""), str(app.get("queue_type") or "")) for app in found)
    return tuple(dict.fromkeys(pair for pair in used if all(pair)))


def processes(worker: App) -> int:
    """Child processes of one worker, 0 when the number of processors decides; only prefork has them."""
    if worker.get("pool", "prefork") != "prefork":
        return 1
    if worker.get("autoscale"):
        return int(str(worker["autoscale"]).split(",")[0])
    return int(worker.get("concurrency") or 0)
