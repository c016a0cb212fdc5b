"""Renders a Service as the property list of a launchd agent: a job of one user, who may not be root."""

from __future__ import annotations

import plistlib
import sys
from dataclasses import replace
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, Service, launched
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import CONTROL, InvalidService

KEEP_ALIVE: dict[str, Any] = {"always": True, "on-failure": {"SuccessfulExit": False}, "never": False}
# Both kinds of domain that a user has, gui/UID and user/UID, take a job with these; so does Homebrew.
SESSIONS = ["Aqua", "Background", "LoginWindow", "StandardIO", "System"]
# launchd gives a job no more than /usr/bin:/bin:/usr/sbin:/sbin.
PATH = f"{HERE.prefix}/bin:{HERE.prefix}/sbin:/usr/bin:/bin:/usr/sbin:/sbin"


def label(service: Service) -> str:
    """The job's label; Homebrew's for what `brew services` runs."""
    return f"homebrew.mxcl.{service.formula}" if service.formula else f"rabbitry.{service.name}"


def plist_path(service: Service) -> str:
    """The file that launchd loads at login."""
    return f"{HERE.agents}/{label(service)}.plist"


def log_path(service: Service) -> str:
    """The file that takes the program's output, or leads to Homebrew's."""
    return f"{LOGS}/{service.name}.log"


def interpreter() -> str:
    """The Python that runs libexec/launch: the one below any environment, which stays when that goes.

    macOS's own is too old.
    """
    return getattr(sys, "_base_executable", "") or sys.executable


def render(service: Service, enabled: bool = True) -> str:
    """The text of the property list; raises InvalidService for what launchd cannot carry.

    With enabled=False launchd does not load it at login.
    """
    if service.stop_signal != "TERM":
        raise InvalidService(service.name, f"launchd stops with TERM only, not with {service.stop_signal}")
    if not service.command:
        raise InvalidService(service.name, "launchd needs a `command`")
    if HERE.user and service.user not in ("root", HERE.user):
        raise InvalidService(
            service.name, f"launchd runs it as the user {HERE.user}, who cannot start it as {service.user}"
        )
    texts = [*service.command, *service.environment.values()]
    broken = [text for text in texts if CONTROL.search(text.replace("\n", "").replace("\t", ""))]
    if broken:
        raise InvalidService(
            service.name, f"a property list cannot carry the control character in {broken[0]!r}"
        )
    job: dict[str, Any] = {
        "Label": label(service),
        # The limit of open files is launchd's to set: a job may not ask for more than the kernel allows.
        "ProgramArguments": [interpreter(), "-IS", *launched(replace(service, open_files=0))],
        "WorkingDirectory": service.working_dir,
        "EnvironmentVariables": {"PATH": PATH, **service.environment, "RABBITRY_SERVICE": service.name},
        "RunAtLoad": True,
        "KeepAlive": KEEP_ALIVE[service.restart],
        "ThrottleInterval": max(1, round(service.restart_delay)),
        "ExitTimeOut": int(service.stop_timeout),
        "LimitLoadToSessionType": SESSIONS,
        "ProcessType": "Standard",
        "StandardOutPath": log_path(service),
        "StandardErrorPath": log_path(service),
    }
    if service.umask:
        job["Umask"] = int(service.umask, 8)
    if service.open_files:
        job["SoftResourceLimits"] = {"NumberOfFiles": service.open_files}
    if not enabled:
        job["Disabled"] = True
    return plistlib.dumps(job, sort_keys=False).decode()
