"""Runs services under systemd."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ansible_collections.rabbitry.stack.plugins.module_utils import systemd
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import (
    Control,
    State,
    SupervisorError,
    process_start,
    run,
    waiting,
)

PROPERTIES = (
    "LoadState,ActiveState,SubState,MainPID,NRestarts,UnitFileState,NeedDaemonReload,"
    "Result,ExecMainCode,ExecMainStatus"
)
STATES = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "inactive": "stopped",
    "failed": "failed",
}
# Statuses with which systemd reports what it could not prepare (systemd.exec, "Process Exit Codes").
PREPARING = {
    200: "cannot enter its directory",
    203: "cannot execute its command",
    216: "its group is unknown",
}
PREPARING |= {217: "its user is unknown", 226: "cannot set up its sandbox"}


class Systemd(Control):
    """Talks to systemd through systemctl, always about all services at once."""

    kind = "systemd"

    def files(self, service: Service, enabled: bool = True) -> dict[str, str]:
        return {systemd.unit_path(service): systemd.render(service)}

    def states(self, services: Sequence[Service]) -> dict[str, State]:
        if not services:
            return {}
        shown = run(
            ["systemctl", "show", f"--property={PROPERTIES}", "--", *map(systemd.unit_name, services)]
        )
        if shown.returncode:
            raise SupervisorError(f"systemd does not answer: {_last(shown.stderr)}", "systemctl status")
        blocks = [
            dict(line.split("=", 1) for line in b.splitlines() if "=" in line)
            for b in shown.stdout.split("\n\n")
        ]
        return {service.name: _state(block) for service, block in zip(services, blocks, strict=True)}

    def reload(self, enable: Sequence[Service], disable: Sequence[Service]) -> None:
        # First the links, then one reload: the other way round units would be left with NeedDaemonReload=yes.
        for verb, services in (("enable", enable), ("disable", disable)):
            if services:
                self._do(verb, services, "--no-reload", "--quiet")
        self._do("daemon-reload", [])

    def start(self, services: Sequence[Service]) -> None:
        self._do("restart", services, "--no-block")

    def stop(self, services: Sequence[Service]) -> None:
        self._do("stop", list(reversed(services)), seconds=60 + sum(s.stop_timeout for s in services))

    def forget(self, services: Sequence[Service]) -> None:
        states = self.states(services)
        known = [s for s in services if states[s.name].state != "missing"]
        if known:
            self.stop(known)
            self._do("disable", known, "--no-reload", "--quiet")
            # One that merely stopped is unloaded by now, and systemd knows nothing to reset.
            now = self.states(known)
            if failed := [s for s in known if now[s.name].state == "failed"]:
                self._do("reset-failed", failed)

    def log_command(self, service: Service) -> str:
        if service.log_files:
            return f"tail -n 100 {' '.join(service.log_files)}"
        return f"journalctl -u {systemd.unit_name(service)} -n 100 --no-pager"

    def log(self, service: Service, lines: int, position: float | None = None) -> list[str]:
        command = [
            "journalctl",
            "--unit",
            systemd.unit_name(service),
            "--output=cat",
            "--no-pager",
            f"--lines={lines}",
        ]
        done = run([*command, *([f"--since=@{position:.3f}"] if position else [])])
        return [line.rstrip() for line in done.stdout.splitlines()] if done.returncode == 0 else []

    def _do(self, verb: str, services: Sequence[Service], *options: str, seconds: float = 120) -> None:
        units = [systemd.unit_name(service) for service in services]
        command = ["systemctl", *options, verb, *units]
        done = run(command, seconds)
        if done.returncode:
            raise SupervisorError(
                f"`{' '.join(command)}` failed: {_last(done.stderr)}", f"systemctl status {' '.join(units)}"
            )

    def log_position(self, service: Service) -> float:
        return time.time()


def _state(block: dict[str, str]) -> State:
    state = STATES.get(block["ActiveState"], "starting")
    if block["LoadState"] == "not-found":
        state = "missing"
    elif block["SubState"] in ("auto-restart", "auto-restart-queued"):
        state = "crashing"
    pid = int(block.get("MainPID", "0"))
    if state == "running" and waiting(pid):
        state = "starting"
    return State(
        state=state,
        enabled=block["UnitFileState"].startswith("enabled"),
        pid=pid,
        since=process_start(pid),
        restarts=int(block.get("NRestarts", "0")),
        reason=_reason(block),
        stale=block["NeedDaemonReload"] == "yes",
    )


def _reason(block: dict[str, str]) -> str:
    if block["LoadState"] not in ("loaded", "not-found"):
        return f"its unit is {block['LoadState']}"
    code, status = block.get("ExecMainCode", "0"), int(block.get("ExecMainStatus", "0"))
    if code == "1" and status in PREPARING:
        return PREPARING[status]
    if code == "1":
        return f"exit status {status}"
    return (
        f"killed by signal {status}" if code in ("2", "3") else block.get("Result", "").replace("success", "")
    )


def _last(text: str) -> str:
    return next(iter(reversed(text.strip().splitlines())), "it says nothing")
