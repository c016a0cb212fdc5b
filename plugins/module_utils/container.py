"""A container of a stack, as Docker tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROJECT, SERVICE, HASH = (f"com.docker.compose.{name}" for name in ("project", "service", "config-hash"))


@dataclass(frozen=True)
class Container:
    """One container of the stack; `hash` is compose's checksum of what it was made from."""

    service: str
    name: str
    id: str
    image: str
    hash: str
    started: str
    state: str
    health: str
    restarts: int
    said: str
    """The last word of its health check."""


def container(told: Mapping[str, Any]) -> Container:
    labels, state = told["Config"]["Labels"] or {}, told["State"]
    health = state.get("Health") or {}
    words = [
        one["Output"].strip() for one in health.get("Log") or [] if one["ExitCode"] and one["Output"].strip()
    ]
    return Container(
        service=labels.get(SERVICE, ""),
        name=told["Name"].lstrip("/"),
        id=told["Id"],
        image=told["Config"]["Image"],
        hash=labels.get(HASH, ""),
        started=state["StartedAt"],
        state=state["Status"],
        health=health.get("Status", ""),
        restarts=told["RestartCount"],
        said=words[-1].splitlines()[-1] if words else "",
    )
