"""Renders a Service as a launchd property list."""

from __future__ import annotations

import plistlib
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, Service, launched
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import CONTROL, InvalidService

DAEMONS = "/Library/LaunchDaemons"
KEEP_ALIVE: dict[str, Any] = {"always": True, "on-failure": {"SuccessfulExit": False}, "never": False}


def label(name: str) -> str:
    """The job's label."""
    return f"rabbitry.{name}"


def plist_path(name: str) -> str:
    """The file that `render` belongs in."""
    return f"{DAEMONS}/{label(name)}.plist"


def log_path(name: str) -> str:
    """The file that takes the program's output."""
    return f"{LOGS}/{name}.log"


def render(service: Service) -> str:
    """The text of the property list; raises InvalidService for what launchd cannot carry."""
    if service.stop_signal != "TERM":
        raise InvalidService(service.name, f"launchd stops with TERM only, not with {service.stop_signal}")
    if not service.command:
        raise InvalidService(service.name, "launchd needs a `command`")
    texts = [*service.command, *service.environment.values()]
    broken = [text for text in texts if CONTROL.search(text.replace("\n", "").replace("\t", ""))]
    if broken:
        raise InvalidService(
            service.name, f"a property list cannot carry the control character in {broken[0]!r}"
        )
    job: dict[str, Any] = {
        "Label": label(service.name),
        "ProgramArguments": launched(service),
        "UserName": service.user,
        "WorkingDirectory": service.working_dir,
        "EnvironmentVariables": {**service.environment, "RABBITRY_SERVICE": service.name},
        "RunAtLoad": True,
        "KeepAlive": KEEP_ALIVE[service.restart],
        "ThrottleInterval": max(1, round(service.restart_delay)),
        "ExitTimeOut": int(service.stop_timeout),
        "StandardOutPath": log_path(service.name),
        "StandardErrorPath": log_path(service.name),
    }
    if service.group:
        job["GroupName"] = service.group
    if service.open_files:
        limit = {"NumberOfFiles": service.open_files}
        job |= {"SoftResourceLimits": limit, "HardResourceLimits": limit}
    return plistlib.dumps(job, sort_keys=False).decode()
