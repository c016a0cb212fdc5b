"""A supervisor in memory, for tests of what is decided above it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import Control, State


class FakeSupervisor(Control):
    """Keeps each service's state; `calls` is what it was told; `on_look` may change states between looks."""

    kind = "fake"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, State] = {}
        self.calls: list[str] = []
        self.on_look: Callable[[], None] = lambda: None
        self.pid = os.getpid() * 10

    def files(self, service: Service, enabled: bool = True) -> dict[str, str]:
        return {str(self.folder / f"{service.name}.unit"): f"{service.definition()}\n"}

    def states(self, services: Sequence[Service]) -> dict[str, State]:
        self.on_look()
        return {service.name: self.known.get(service.name, State()) for service in services}

    def reload(self, enable: Sequence[Service], disable: Sequence[Service]) -> None:
        self.calls += (
            [f"enable {s.name}" for s in enable] + [f"disable {s.name}" for s in disable] + ["reload"]
        )
        for service in enable:
            self.known[service.name] = replace(
                self.known.get(service.name, State(state="stopped")), enabled=True
            )
        for service in disable:
            self.known[service.name] = replace(self.known[service.name], enabled=False)

    def start(self, services: Sequence[Service]) -> None:
        for service in services:
            self.pid += 1
            self.calls.append(f"start {service.name}")
            self.set(service.name, state="running", pid=self.pid, since=time.time())

    def stop(self, services: Sequence[Service]) -> None:
        for service in reversed(services):
            self.calls.append(f"stop {service.name}")
            self.set(service.name, state="stopped", pid=0)

    def log_command(self, service: Service) -> str:
        return f"tail {service.name}.log"

    def log(self, service: Service, lines: int, position: float | None = None) -> list[str]:
        return ["it begins", "ValueError: no such broker", "it ends"][-lines:]

    def set(self, name: str, **facts: object) -> None:
        """Change what is known of a service."""
        self.known[name] = replace(self.known.get(name, State()), **facts)  # type: ignore[arg-type]
