"""Judges what of an application is on a host already: its interpreter, directory and environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import app_source
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import variable_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery_sets import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import numbers
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_python import NEEDED

Values = Mapping[str, Any]
# Who runs the application.
GROUPS = ("workers", "scheduler", "dashboard")


def asked(found: Sequence[Values], groups: tuple[str, ...], user: str = "celery") -> list[dict[str, str]]:
    """What the module `probe` is asked about the applications on a host that is in these groups.

    `user` is the account of the only one; a named one has its own.
    """
    if not set(groups) & set(GROUPS):
        return []
    each = []
    for app in found:
        place = existing(app)
        looked_at = {
            "python": app.get("python"),
            "existing": place,
            "module": app.get("module") if place else "",
            "venv": app.get("venv"),
        }
        if any(looked_at.values()):
            account = f"{user}-{app['name']}" if app["name"] else user
            given = {key: str(value) for key, value in looked_at.items() if value}
            each.append({"name": app["label"], "user": account} | given)
    return each


def existing(app: Values) -> str:
    """The directory on the hosts that is the application, "" when it comes from elsewhere."""
    try:
        source = app_source.parse(str(app.get("source") or ""))
    except app_source.SourceError:
        return ""
    return source.path if source.kind == "existing" else ""


def judge_application(seen: Values, app: Values, groups: tuple[str, ...], host: str) -> list[Fault]:
    """What was named and cannot be used; `seen` is what the probe says of the application."""
    faults = []
    python = seen.get("python")
    if python and numbers(python["version"]) < NEEDED:
        what = f"is Python {python['version']} there" if python["version"] else "cannot be run there"
        where = f"`{variable_of(app, 'python')}` is `{app['python']}`"
        message = f"{where}: on host {host} `{python['path']}` {what}"
        hint = "ls -l /usr/bin/python3.* /usr/local/bin/python3.*"
        faults.append(Fault(f"{message}, and 3.11 or newer is needed", hint))
    directory = seen.get("existing")
    if directory and directory["fault"]:
        path = existing(app)
        where = f"`{variable_of(app, 'source')}` is `existing:{path}`"
        faults.append(Fault(f"{where}: on host {host} that {directory['fault']}", f"namei -l {path}"))
    venv = seen.get("venv")
    if venv:
        faults += _environment(venv, app, groups, host)
    return faults


def _environment(venv: Values, app: Values, groups: tuple[str, ...], host: str) -> list[Fault]:
    path = app["venv"]
    start = f"`{variable_of(app, 'venv')}` is `{path}`: on host {host} that"
    if venv["fault"]:
        return [Fault(f"{start} {venv['fault']}", f"namei -l {path}/bin/python")]
    if numbers(venv["version"]) < NEEDED:
        return [Fault(f"{start} has Python {venv['version']}, and 3.11 or newer is needed", f"ls {path}/bin")]
    packages = venv["packages"]
    needed = ["celery", "redis"] + (["flower"] if "dashboard" in groups and app.get("flower") else [])
    missing = [name for name in needed if name not in packages]
    if missing:
        return [
            Fault(f"{start} has no {' and no '.join(missing)}", f"{path}/bin/pip install {' '.join(missing)}")
        ]
    fault = judge(packages, str(app.get("celery_set") or ""), path, variable_of(app, "celery_set"))
    return [fault] if fault else []
