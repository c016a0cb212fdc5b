"""Runs services under Rabbitry's own supervisord, on hosts without an init system."""

from __future__ import annotations

import shutil
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import supervisord
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import (
    Control,
    State,
    SupervisorError,
    alive,
    process_start,
    run,
    size_of,
    tail,
    waiting,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.supervisord_rpc import (
    call,
    crashes,
    pid,
    processes,
)

STARTER = "/opt/rabbitry/libexec/supervisor-start"
LEFTOVERS = "/opt/rabbitry/libexec/end-leftovers"
STATES = {
    "STOPPED": "stopped",
    "STARTING": "running",
    "RUNNING": "running",
    "BACKOFF": "crashing",
    "STOPPING": "stopping",
    "EXITED": "stopped",
    "FATAL": "failed",
    "UNKNOWN": "failed",
}
END_SECONDS = 20
YOUNG_SECONDS = 1  # a process that lives this long counts as running, long before supervisord trusts it
GONE = ("stopped", "crashing", "failed", "missing")


class Supervisord(Control):
    """Talks to supervisord over its socket; the starter script does what needs care before a start."""

    kind = "supervisord"
    main_files: Mapping[str, str] = {supervisord.CONF: supervisord.MAIN}
    packages = ("supervisor",)
    directories: Mapping[str, str] = {LOGS: "0750"}
    programs = ("launch", "supervisor-start", "end-leftovers")

    def files(self, service: Service, enabled: bool = True) -> dict[str, str]:
        return {supervisord.program_path(service.name): supervisord.render(service, enabled)}

    def installed(self) -> bool:
        return shutil.which("supervisord", path="/usr/local/bin:/usr/bin:/bin") is not None

    def states(self, services: Sequence[Service]) -> dict[str, State]:
        found = processes()
        ended = crashes() if found else {}
        return {s.name: _state(s, found.get(s.name), *ended.get(s.name, (0, ""))) for s in services}

    def reload(self, enable: Sequence[Service], disable: Sequence[Service]) -> None:
        """Nothing to do: `start` reads the files, and whether a program starts at boot is in its file."""

    def start(self, services: Sequence[Service]) -> None:
        names = [service.name for service in services]
        alive_before = pid()
        self._stop(services)
        for service in services:
            if service.ready.file:
                Path(service.ready.file).unlink(missing_ok=True)
        # The leftovers that the starter ends may have long stop times of their own, which it keeps to.
        _do([STARTER], "supervisord does not start")
        if alive_before:
            self._renew(names)
        for name in names:
            try:
                call("startProcess", name, False)
            except xmlrpc.client.Fault as fault:
                if "ALREADY_STARTED" not in fault.faultString:
                    said = fault.faultString
                    raise SupervisorError(f"service `{name}` cannot be started: {said}") from None

    def stop(self, services: Sequence[Service]) -> None:
        self._stop(services)
        self._end_leftovers([service.name for service in services])

    def _stop(self, services: Sequence[Service]) -> None:
        by_name = {service.name: service for service in services}
        if not pid():
            return
        for name in reversed(by_name):
            try:
                call("stopProcess", name, False)
            except xmlrpc.client.Fault as fault:
                if not any(word in fault.faultString for word in ("NOT_RUNNING", "BAD_NAME")):
                    said = fault.faultString
                    raise SupervisorError(f"service `{name}` cannot be stopped: {said}") from None
        deadline = time.monotonic() + max((s.stop_timeout for s in services), default=0) + 15
        while left := [name for name, state in self.states(services).items() if state.state not in GONE]:
            if time.monotonic() > deadline:
                hint = self.log_command(by_name[left[0]])
                raise SupervisorError(f"service `{left[0]}` does not stop", hint)
            time.sleep(0.05)

    def forget(self, services: Sequence[Service]) -> None:
        self.stop(services)
        for name in set(processes()).intersection(service.name for service in services):
            call("removeProcessGroup", name)

    def finish(self) -> None:
        process = pid()
        if process and all(info["pid"] == 0 for info in processes().values()):
            call("shutdown")
            deadline = time.monotonic() + END_SECONDS
            # Until it is gone, not only silent: on its way out it still deletes its socket and pid file.
            while alive(process):
                if time.monotonic() > deadline:
                    raise SupervisorError(
                        f"supervisord does not end within {END_SECONDS} s", f"ps -p {process}"
                    )
                time.sleep(0.02)
        if not pid():
            self._end_leftovers([])
            for name in supervisord.TRACES:
                Path(name).unlink(missing_ok=True)

    def log_command(self, service: Service) -> str:
        return f"tail -n 100 {' '.join([supervisord.log_path(service.name), *service.log_files])}"

    def log_position(self, service: Service) -> float:
        return size_of(supervisord.log_path(service.name))

    def log(self, service: Service, lines: int, position: float | None = None) -> list[str]:
        return tail(supervisord.log_path(service.name), lines, position)

    def _end_leftovers(self, names: Sequence[str]) -> None:
        if Path(LEFTOVERS).exists():
            _do([LEFTOVERS, "--keep-below", str(pid()), *names], "leftover processes do not end")

    def _renew(self, names: Sequence[str]) -> None:
        """Make supervisord use the files as they are now."""
        try:
            added, changed, _removed = call("reloadConfig")[0]
        except xmlrpc.client.Fault as fault:
            said = fault.faultString
            raise SupervisorError(
                f"supervisord refuses its files: {said}", f"tail {supervisord.LOG}"
            ) from None
        for name in names:
            if name in changed:
                call("removeProcessGroup", name)
            if name in changed or name in added:
                call("addProcessGroup", name)


def _do(command: Sequence[str], problem: str) -> None:
    done = run(command, seconds=None)
    if done.returncode:
        raise SupervisorError(done.stderr.strip() or problem, f"tail {supervisord.LOG}")


def _state(service: Service, info: dict[str, Any] | None, crashed: int, how: str) -> State:
    path = Path(supervisord.program_path(service.name))
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    enabled = "\nautostart=true\n" in text
    if info is None:
        return State(state="stopped" if text else "missing", enabled=enabled)
    state, status, process = STATES[info["statename"]], info["exitstatus"], info["pid"]
    if info["statename"] == "EXITED":
        again = service.restart == "always" or (service.restart == "on-failure" and status)
        state = "crashing" if again else "failed" if status else "stopped"
    since = process_start(process)
    young = info["statename"] == "STARTING" and time.time() - since < YOUNG_SECONDS
    if state == "running" and (young or waiting(process) or not alive(process)):
        state = "starting"
    reason = "" if state == "running" else how or info["spawnerr"]
    return State(state=state, enabled=enabled, pid=process, since=since, restarts=crashed, reason=reason)
