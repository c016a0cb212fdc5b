"""Renders a Service as a service of compose.yaml: a container of the application's image."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import LINUX
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service, launched
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService

# The account of compose/Dockerfile: what its programs write belongs to it.
ACCOUNT = 10001
RESTART = {"always": "unless-stopped", "on-failure": "on-failure", "never": "no"}
# Seconds between two looks; engines before 25 know no faster rhythm for the start alone.
LOOK, PATIENCE, RETRIES = 5, 5, 6
HEALTHY = f"{LINUX.libexec}/healthy"
DELAY = Service(name="plain").restart_delay


def render(service: Service) -> dict[str, Any]:
    """The service's mapping; raises InvalidService for what the format cannot carry.

    `wait_for` makes it start after the services that it names are healthy, and waits itself when Docker
    starts it again later, which knows no order.
    """
    if not service.command:
        raise InvalidService(service.name, "compose needs a `command`")
    if service.restart_delay != DELAY:
        raise InvalidService(
            service.name,
            f"compose cannot carry `restart_delay`: {service.restart_delay:g}, Docker chooses the pauses",
            "leave it out",
        )
    if service.log_files:
        raise InvalidService(
            service.name,
            f"compose cannot carry `log_files`: nobody reads `{service.log_files[0]}` in a container",
            "log to standard output",
        )
    found: dict[str, Any] = {
        "command": _words(service),
        "user": service.user + (f":{service.group}" if service.group else ""),
        "working_dir": service.working_dir,
        "environment": dict(service.environment),
        "restart": RESTART[service.restart],
        "stop_signal": f"SIG{service.stop_signal}",
        "stop_grace_period": f"{service.stop_timeout}s",
        "tmpfs": [
            f"{LINUX.run}/{name}:uid={ACCOUNT},gid={ACCOUNT},mode=0755" for name in service.runtime_dirs
        ],
        "depends_on": {name: {"condition": "service_healthy"} for name in _before(service)},
    }
    if service.open_files:
        found["ulimits"] = {"nofile": service.open_files}
    if check := _check(service):
        found["healthcheck"] = {
            "test": ["CMD", HEALTHY, *check],
            "interval": f"{LOOK}s",
            "timeout": f"{PATIENCE}s",
            "retries": RETRIES,
            "start_period": f"{service.ready.timeout:g}s",
        }
    plain: dict[str, Any] = escaped({key: value for key, value in found.items() if value})
    return plain


def escaped(value: Any) -> Any:
    """`value` with `$` doubled in all of its texts, which compose would take for a variable."""
    if isinstance(value, dict):
        return {key: escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [escaped(one) for one in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _words(service: Service) -> list[str]:
    """The command under libexec/launch, which reads the environment file: the engine need not know it."""
    options = ["--umask", service.umask] if service.umask else []
    return [f"{LINUX.libexec}/launch", *options, *launched(replace(service, open_files=0))[1:]]


def _before(service: Service) -> list[str]:
    addressed = (address.rpartition(":")[0] for address in service.wait_for)
    return list(dict.fromkeys([*service.after, *addressed]))


def _check(service: Service) -> list[str]:
    ready = service.ready
    if ready.file:
        return ["--fresh", ready.file]
    if ready.tcp:
        return ["--tcp", ready.tcp]
    return ["--http", ready.http, str(ready.status)] if ready.http else []
