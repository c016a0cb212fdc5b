"""Waits until services are ready, or says early and in one sentence why one of them never will be."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.rabbitry.stack.plugins.module_utils import service_ready
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import Control, State, size_of
from ansible_collections.rabbitry.stack.plugins.module_utils.supervisor import log_of

POLL = 0.05
CRASHES = 2
LINES = 30
SIGNLESS_SECONDS = 1  # how long a service without a sign of readiness must live to count as ready
ERROR = re.compile(
    r"^\s*((?:[\w.]*(?:Error|Exception|Failure)\b|FATAL|fatal|error:|ERROR)[:\s].*|.*: error: .*)$"
)


@dataclass(frozen=True)
class Fault:
    """Why a service is not ready: one sentence, a command to read on, its last log lines."""

    service: str
    message: str
    hint: str
    log: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """What is known of a service before it is (re)started: its old process, and where its logs end."""

    pid: int
    marks: Mapping[str, float]


def places(hand: Control, services: Sequence[Service], before: Mapping[str, State]) -> dict[str, Place]:
    """Note, right before a start, what tells the new process from the old one and its log lines apart."""
    found = {}
    for service in services:
        own = {path: float(size_of(path)) for path in service.log_files}
        found[service.name] = Place(before[service.name].pid, {"": hand.log_position(service), **own})
    return found


def wait(
    hand: Control, services: Sequence[Service], started: Mapping[str, Place]
) -> tuple[dict[str, State], list[Fault]]:
    """Wait until every service runs and shows its readiness sign.

    Old processes of those in `started` do not count as ready. Returns the states of the ready ones and a
    fault for each other.
    """
    began = time.monotonic()
    base: dict[str, int] = {}
    reasons: dict[str, str] = {}
    pending = {service.name: service for service in services}
    ready: dict[str, State] = {}
    faults: list[Fault] = []
    while pending:
        states = hand.states(list(pending.values()))
        for name, service in list(pending.items()):
            state = states[name]
            place = started.get(name, Place(0, {}))
            base[name] = min(base.get(name, state.restarts), state.restarts)
            reasons[name] = state.reason or reasons.get(name, "")
            problem = _ended(state, state.restarts - base[name], reasons[name])
            lacks = "" if problem else _lacks(service, state, place.pid)
            patience = service.ready.timeout + (service.stop_timeout if place.pid else 0)
            if lacks and time.monotonic() - began > patience:
                problem = f"is not ready after {service.ready.timeout:g} s: {lacks}"
            if problem:
                faults.append(_fault(hand, service, problem, place.marks))
            elif not lacks:
                ready[name] = state
            if problem or not lacks:
                del pending[name]
        if pending:
            time.sleep(POLL)
    return ready, faults


def _ended(state: State, crashes: int, reason: str) -> str:
    because = f": {reason}" if reason else ""
    if crashes >= CRASHES:
        return f"keeps ending ({crashes} times in a row){because}"
    if state.state == "missing":
        return "is not known to the supervisor"
    return f"has ended and is not started again{because}" if state.state == "failed" else ""


def _lacks(service: Service, state: State, old_pid: int) -> str:
    # A file was deleted before the start, so only the new process can have written it.
    up = state.running or (state.state == "starting" and state.pid and service.ready.file)
    if not up or (old_pid and state.pid == old_pid):
        return f"it is {state.state}" + (f" ({state.reason})" if state.reason else "")
    if not service_ready.signs(service.ready) and time.time() - state.since < SIGNLESS_SECONDS:
        return "it has only just started"
    return service_ready.missing(service.ready)


def _fault(hand: Control, service: Service, problem: str, marks: Mapping[str, float]) -> Fault:
    lines = log_of(hand, service, LINES, marks)
    said = [match.group(1).strip() for line in lines if (match := ERROR.match(line))]
    cause = f"; its log says: {said[-1][:200]}" if said else ""
    message = f"service `{service.name}` on {socket.gethostname()} {problem}{cause}"
    return Fault(service.name, message, hand.log_command(service), lines)
