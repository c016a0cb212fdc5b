"""Replaces the processes of services one by one: each new one must work before it is the next one's turn."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import service_record, service_wait, supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import Control, State, alive
from ansible_collections.rabbitry.stack.plugins.module_utils.service_wait import Fault, Place
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_check import Lack

POLL = 0.05
# Seconds beyond its stop timeout that a supervisor may take to replace a process.
MARGIN = 30
# Seconds that a process which never worked gets to end by itself: the queues get back what it holds.
PATIENCE = 10
LINES = 30
# What a worker lacks within so many seconds.
Check = Callable[[Service, float], Lack | None]
# Brings a service to rest that is about to be replaced.
Drain = Callable[[Service], None]


@dataclass(frozen=True)
class Failed:
    """A service whose new process does not work; `mute` when it has not begun anything."""

    service: Service
    fault: Fault
    mute: bool


class Rolling:
    """Replaces processes under one supervisor; a new one has `deadline` seconds from its start."""

    def __init__(
        self,
        hand: Control,
        deadline: float,
        check: Check,
        drain: Drain,
        records: Path = service_record.STARTED,
    ) -> None:
        self.hand = hand
        self.deadline = deadline
        self.check = check
        self.drain = drain
        self.records = records

    def state(self, service: Service) -> State:
        return self.hand.states([service])[service.name]

    def is_due(self, service: Service) -> bool:
        """Whether it does not run, or runs with other files than those that are there now."""
        state = self.state(service)
        return not state.pid or service_record.outdated(
            service, self.hand.files(service), state, self.records
        )

    def replace(self, service: Service) -> Failed | None:
        """Let the running process finish what it does, start a new one, wait until that works.

        What the new one lacks is the answer; a supervisor that does not obey raises SupervisorError.
        """
        before = self.hand.states([service])
        if before[service.name].running:
            self.drain(service)
        place = service_wait.places(self.hand, [service], before)[service.name]
        self.hand.start([service])
        state = self._replaced(service, before[service.name].pid)
        began = time.monotonic()
        hurried = replace(service, ready=replace(service.ready, timeout=self.deadline))
        ready, faults = service_wait.wait(self.hand, [hurried], {service.name: Place(0, place.marks)})
        if faults:
            return Failed(service, faults[0], mute=True)
        left = max(1.0, self.deadline - (time.monotonic() - began))
        if lack := self.check(service, left):
            message = f"service `{service.name}` on {socket.gethostname()} {lack.after(self.deadline)}"
            lines = supervisor.log_of(self.hand, service, LINES, place.marks)
            return Failed(
                service, Fault(service.name, message, self.hand.log_command(service), lines), lack.mute
            )
        state = ready[service.name]
        service_record.record(service, self.hand.files(service), state, self.records)
        return None

    def _replaced(self, service: Service, old: int) -> State:
        """Wait until the old process has gone its way: it may be at work on the longest task."""
        end = time.monotonic() + service.stop_timeout + MARGIN
        while (state := self.state(service)).pid == old and old and time.monotonic() < end:
            time.sleep(POLL)
        return state

    def end(self, service: Service) -> None:
        """End a process that never worked, by force when it does not listen."""
        process = self.state(service).pid
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not process or not alive(process):
                return
            os.kill(process, number)
            end = time.monotonic() + PATIENCE
            while alive(process) and time.monotonic() < end:
                time.sleep(POLL)
