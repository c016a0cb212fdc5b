"""What the checks of every service share: that it is down, and which processes are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found

SERVERS = ("rabbitmq-server", "redis-server")
# A process' state when a signal or a debugger holds it still.
HELD = ("T", "t")


def down(seen: Evidence, service: str, *said: str, name: str = "") -> Found:
    """That a service is not up, why as far as its manager knows, and what it `said`."""
    state = seen.services[service]
    reason = f": {state['reason']}" if state.get("reason") else ""
    return Found(f"{name or service} is {state['state']}{reason}", said, own=seen.was_stopped(service))


def down_by_itself(seen: Evidence, service: str) -> Found | None:
    """The same of a service that does not run, unless it waits for a server of this host."""
    waits = any(seen.fails(server) for server in SERVERS) and not seen.was_stopped(service)
    if waits or not seen.fails(service):
        return None
    return down(seen, service, *(line.strip() for line in seen.log(service)[-1:]))


def service_of(process: Mapping[str, Any]) -> str:
    """The service that a process belongs to, as it says itself or by its systemd unit; "" for none."""
    return str(process["service"] or process["unit"].removesuffix(".service"))
