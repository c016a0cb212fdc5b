"""Judges what of an application is on a host already: its interpreter, directory and environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils import app_source
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery_sets import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import numbers
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_python import NEEDED

Values = Mapping[str, Any]
# Who runs the application.
GROUPS = ("workers", "scheduler", "dashboard")


def asked(stack: Values, groups: tuple[str, ...], user: str, name: str = "app") -> list[dict[str, str]]:
    """What the module `probe` is asked about an application on a host that is in these groups."""
    place = existing(stack)
    looked_at = {
        "python": stack.get("stack_app_python"),
        "existing": place,
        "module": stack.get("stack_app_module") if place else "",
        "venv": stack.get("stack_app_venv"),
    }
    if not set(groups) & set(GROUPS) or not any(looked_at.values()):
        return []
    return [{"name": name, "user": user} | {key: str(value) for key, value in looked_at.items() if value}]


def existing(stack: Values) -> str:
    """The directory on the hosts that is the application, "" when it comes from elsewhere."""
    try:
        source = app_source.parse(str(stack.get("stack_app_source") or ""))
    except app_source.SourceError:
        return ""
    return source.path if source.kind == "existing" else ""


def judge_application(seen: Values, stack: Values, groups: tuple[str, ...], host: str) -> list[Fault]:
    """What was named and cannot be used; `seen` is what the probe says of the application."""
    faults = []
    python = seen.get("python")
    if python and numbers(python["version"]) < NEEDED:
        what = f"is Python {python['version']} there" if python["version"] else "cannot be run there"
        message = (
            f"`stack_app_python` is `{stack['stack_app_python']}`: on host {host} `{python['path']}` {what}"
        )
        hint = "ls -l /usr/bin/python3.* /usr/local/bin/python3.*"
        faults.append(Fault(f"{message}, and 3.11 or newer is needed", hint))
    directory = seen.get("existing")
    if directory and directory["fault"]:
        path = existing(stack)
        message = f"`stack_app_source` is `existing:{path}`: on host {host} that {directory['fault']}"
        faults.append(Fault(message, f"namei -l {path}"))
    venv = seen.get("venv")
    if venv:
        faults += _environment(venv, stack, groups, host)
    return faults


def _environment(venv: Values, stack: Values, groups: tuple[str, ...], host: str) -> list[Fault]:
    path = stack["stack_app_venv"]
    start = f"`stack_app_venv` is `{path}`: on host {host} that"
    if venv["fault"]:
        return [Fault(f"{start} {venv['fault']}", f"namei -l {path}/bin/python")]
    if numbers(venv["version"]) < NEEDED:
        return [Fault(f"{start} has Python {venv['version']}, and 3.11 or newer is needed", f"ls {path}/bin")]
    packages = venv["packages"]
    needed = ["celery", "redis"] + (
        ["flower"] if "dashboard" in groups and stack.get("stack_flower_enabled") else []
    )
    missing = [name for name in needed if name not in packages]
    if missing:
        return [
            Fault(f"{start} has no {' and no '.join(missing)}", f"{path}/bin/pip install {' '.join(missing)}")
        ]
    fault = judge(packages, str(stack.get("stack_celery_set") or ""), path, "stack_celery_set")
    return [fault] if fault else []
