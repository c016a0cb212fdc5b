"""Runs services under launchd, after its documented behaviour; not yet run on a Mac."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import launchd
from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import (
    Control,
    State,
    SupervisorError,
    process_start,
    run,
    size_of,
    tail,
)

NO_SUCH_JOB = 113  # `launchctl print` of a label that is not loaded
FACT = re.compile(r"^\t(state|pid|runs|last exit code) = (.*)$", re.MULTILINE)


class Launchd(Control):
    """Talks to launchd's system domain through launchctl; the plist in its folder is what starts at boot."""

    kind = "launchd"
    directories: Mapping[str, str] = {LOGS: "0750"}

    def files(self, service: Service, enabled: bool = True) -> dict[str, str]:
        return {launchd.plist_path(service.name): launchd.render(service)}

    def states(self, services: Sequence[Service]) -> dict[str, State]:
        disabled = run(["launchctl", "print-disabled", "system"]).stdout
        return {service.name: self._state(service.name, disabled) for service in services}

    def reload(self, enable: Sequence[Service], disable: Sequence[Service]) -> None:
        for service in enable:
            self._do("enable", _target(service.name))
        for service in disable:
            self._do("disable", _target(service.name))

    def start(self, services: Sequence[Service]) -> None:
        self.stop(services)
        for service in services:
            self._do("enable", _target(service.name))
            self._do("bootstrap", "system", launchd.plist_path(service.name))

    def stop(self, services: Sequence[Service]) -> None:
        loaded = [s for s in reversed(services) if self._print(s.name) is not None]
        for service in loaded:
            self._do("bootout", _target(service.name), accept=(0, 36))  # 36: it is being stopped already
        deadline = time.monotonic() + sum(s.stop_timeout for s in loaded) + 15
        while left := [s.name for s in loaded if self._print(s.name) is not None]:
            if time.monotonic() > deadline:
                raise SupervisorError(
                    f"service `{left[0]}` does not stop", f"launchctl print {_target(left[0])}"
                )
            time.sleep(0.05)

    def forget(self, services: Sequence[Service]) -> None:
        self.stop(services)

    def log_command(self, service: Service) -> str:
        return f"tail -n 100 {' '.join([launchd.log_path(service.name), *service.log_files])}"

    def log_position(self, service: Service) -> float:
        return size_of(launchd.log_path(service.name))

    def log(self, service: Service, lines: int, position: float | None = None) -> list[str]:
        return tail(launchd.log_path(service.name), lines, position)

    def _print(self, name: str) -> str | None:
        done = run(["launchctl", "print", _target(name)])
        if done.returncode not in (0, NO_SUCH_JOB):
            raise SupervisorError(
                f"launchd does not answer: {done.stderr.strip()}", f"launchctl print {_target(name)}"
            )
        return None if done.returncode else done.stdout

    def _state(self, name: str, disabled: str) -> State:
        written = Path(launchd.plist_path(name)).is_file()
        off = re.search(rf'"{re.escape(launchd.label(name))}" => (true|disabled)', disabled) is not None
        text = self._print(name)
        if text is None:
            return State(state="stopped" if written else "missing", enabled=written and not off)
        facts = dict(reversed(FACT.findall(text)))
        pid = int(facts.get("pid", "0"))
        code = facts.get("last exit code", "").partition(":")[0]
        known = code not in ("", "(never exited)")
        state = "running" if pid else "crashing" if known and code != "0" else "starting"
        return State(
            state=state,
            enabled=written and not off,
            pid=pid,
            since=process_start(pid),
            restarts=max(0, int(facts.get("runs", "1")) - 1),
            reason=f"exit status {code}" if known and code != "0" else "",
        )

    def _do(self, *words: str, accept: tuple[int, ...] = (0,)) -> None:
        done = run(["launchctl", *words], seconds=None)
        if done.returncode not in accept:
            said = done.stderr.strip() or f"exit status {done.returncode}"
            raise SupervisorError(
                f"`launchctl {' '.join(words)}` failed: {said}", f"plutil -lint {words[-1]}"
            )


def _target(name: str) -> str:
    return f"system/{launchd.label(name)}"
