"""Runs services as launchd agents of the calling user, and formulae by `brew services`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import control_brew, launchctl, launchd
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import (
    Control,
    State,
    SupervisorError,
    process_start,
    size_of,
    tail,
    waiting,
)

POLL = 0.05


class Launchd(Control):
    """Talks to the user's own domain; the property lists in ~/Library/LaunchAgents are what starts at login.

    Nothing here needs root, and nothing runs before its user has logged in.
    """

    kind = "launchd"

    def __init__(self) -> None:
        self.directories = {LOGS: "0750", HERE.run: "0755"}
        if not Path(HERE.agents).is_dir():
            self.directories[HERE.agents] = "0755"  # one that is there is the user's, as it is

    def files(self, service: Service, enabled: bool = True) -> dict[str, str]:
        if service.formula:
            return control_brew.files(service)
        return {launchd.plist_path(service): launchd.render(service, enabled)}

    def states(self, services: Sequence[Service]) -> dict[str, State]:
        disabled = launchctl.disabled()
        return {service.name: _state(service, disabled) for service in services}

    def reload(self, enable: Sequence[Service], disable: Sequence[Service]) -> None:
        """Nothing: launchd reads a property list when it is loaded, and at login."""

    def start(self, services: Sequence[Service]) -> None:
        self.stop(services)
        for service in services:
            for name in service.runtime_dirs:
                (Path(HERE.run) / name).mkdir(exist_ok=True)
            if service.formula:
                control_brew.start(service)
            else:
                launchctl.load(launchd.label(service), launchd.plist_path(service))

    def stop(self, services: Sequence[Service]) -> None:
        stopping = []
        for service in reversed(services):
            if not service.formula and launchctl.unload(launchd.label(service)):
                stopping.append(service)
        self._wait_for_end(stopping)  # before the brokers, which are first in their order
        for service in reversed(services):
            if service.formula and _is_known(service):
                control_brew.stop(service)

    def forget(self, services: Sequence[Service]) -> None:
        self.stop(services)

    def log_command(self, service: Service) -> str:
        return f"tail -n 100 {' '.join([launchd.log_path(service), *service.log_files])}"

    def log_position(self, service: Service) -> float:
        return size_of(launchd.log_path(service))

    def log(self, service: Service, lines: int, position: float | None = None) -> list[str]:
        return tail(launchd.log_path(service), lines, position)

    def _wait_for_end(self, services: Sequence[Service]) -> None:
        deadline = time.monotonic() + sum(service.stop_timeout for service in services) + 15
        while left := [one for one in services if launchctl.find(launchd.label(one))[0]]:
            if time.monotonic() > deadline:
                domain, label = launchctl.domains()[0], launchd.label(left[0])
                raise SupervisorError(
                    f"service `{left[0].name}` does not stop", f"launchctl print {domain}/{label}"
                )
            time.sleep(POLL)


def _is_known(service: Service) -> bool:
    """Whether `brew services` has something to stop: a loaded job, or a property list for the next login."""
    return Path(launchd.plist_path(service)).exists() or bool(launchctl.find(launchd.label(service))[0])


def _state(service: Service, disabled: set[str]) -> State:
    job = launchctl.read(launchd.plist_path(service))
    label = launchd.label(service)
    enabled = bool(job) and not job.get("Disabled") and label not in disabled
    domain, text = launchctl.find(label)
    if not domain:
        # brew deletes the property list of what it stops, so a formula without one is no stranger.
        return State(state="stopped" if job or service.formula else "missing", enabled=enabled)
    facts = launchctl.facts(text)
    pid = int(facts.get("pid", "0"))
    code = facts.get("last exit code", "").partition(":")[0]
    failed = code not in ("", "0", "(never exited)")
    runs = int(facts.get("runs", "1"))
    if pid:
        state = "starting" if waiting(pid) else "running"
    elif job.get("KeepAlive"):
        state = "crashing" if failed else "starting"
    else:
        # Nobody starts it again: the formula rabbitmq asks for no KeepAlive.
        state = "failed" if runs else "starting"
    return State(
        state=state,
        enabled=enabled,
        pid=pid,
        since=process_start(pid),
        restarts=max(0, runs - 1),
        reason=f"exit status {code}" if failed else "",
    )
