"""What a running playbook tells: the JSON lines of plugins/callback/events.py as types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rabbitry.errors import Fault

Status = Literal["ok", "changed", "failed", "skipped", "unreachable"]


@dataclass(frozen=True)
class Play:
    name: str


@dataclass(frozen=True)
class Task:
    name: str
    role: str


@dataclass(frozen=True)
class Result:
    """What a task did on a host; `faults` come from modules that look for everything that is wrong, `notes`
    are faults that stop nothing."""

    host: str
    task: str
    status: Status
    seconds: float
    msg: str
    hint: str
    log: tuple[str, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()

    @property
    def is_bad(self) -> bool:
        return self.status in ("failed", "unreachable")

    def explain(self) -> tuple[Fault, ...]:
        """Everything that is wrong here. A module that gives a hint has named thing and host itself."""
        if self.faults:
            return self.faults
        if self.hint:
            return (Fault(self.msg, self.hint, self.log),)
        if self.status == "unreachable":
            return (Fault(f"{self.host} cannot be reached: {self.msg}", f"ssh {self.host} true", self.log),)
        return (Fault(f"`{self.task}` failed on {self.host}: {self.msg.strip()}", "", self.log),)


@dataclass(frozen=True)
class Stats:
    """Per host: ok, changed, failures, unreachable, skipped, rescued, ignored."""

    hosts: Mapping[str, Mapping[str, int]]


Event = Play | Task | Result | Stats


def parse(line: str) -> Event | None:
    """The event in a line; None for a kind that this version does not know."""
    data: dict[str, Any] = json.loads(line)
    match data.pop("event"):
        case "play":
            return Play(data["name"])
        case "task":
            return Task(data["name"], data["role"])
        case "stats":
            return Stats(data["hosts"])
        case "result":
            several = {name: tuple(map(_fault, data.get(name, ()))) for name in ("faults", "notes")}
            return Result(**data | {"log": tuple(data["log"])} | several)
    return None


def faults(results: Iterable[Result]) -> list[Fault]:
    """What is wrong according to all failed results, each thing once, in the order in which it was found."""
    return list(dict.fromkeys(fault for result in results if result.is_bad for fault in result.explain()))


def notes(results: Iterable[Result]) -> list[Fault]:
    """What the results remark on without failing, each thing once: hosts of one release say the same."""
    return list(dict.fromkeys(note for result in results for note in result.notes))


def _fault(data: Mapping[str, Any]) -> Fault:
    return Fault(
        str(data.get("message", "")), str(data.get("hint") or ""), tuple(map(str, data.get("log") or ()))
    )
