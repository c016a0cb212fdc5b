"""What was collected on one host, as checks read it: a section that is missing is an empty one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from rabbitry.errors import StackError
from rabbitry.model import App

SCHEMA = 2


@dataclass(frozen=True)
class Evidence:
    """One host's evidence; the shape of each section is told by its collector, module_utils/evidence_*.py."""

    host: str
    time: float
    sections: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_data(cls, data: object) -> Evidence:
        """The evidence of a parsed document; StackError when it is not of this version."""
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            schema = data.get("schema") if isinstance(data, dict) else None
            raise StackError(
                f"this evidence has schema {schema!r}, not {SCHEMA}", "./inv doctor --save evidence.json"
            )
        return cls(data["host"], data["time"], data["sections"], data["faults"])

    def of(self, app: App, alone: bool) -> Evidence:
        """The same with what concerns one application in the place of what concerns each.

        Unless it is `alone`, locks in other databases than its own are somebody else's.
        """
        sections = dict(self.sections)
        sections["app"] = self.section("app").get(app.name)
        for name, key in (("rabbitmq", "login"), ("system", "flower")):
            if key in self.section(name):
                sections[name] = {**self.section(name), key: self.section(name)[key].get(app.name)}
        if "ticks" in (redis := self.section("redis")):
            sections["redis"] = {**redis, "ticks": redis["ticks"].get(app.name, [])}
        if not alone and "locks" in self.section("redis"):
            own = [lock for lock in self.section("redis")["locks"] if lock["database"] == app.db]
            sections["redis"] = {**sections["redis"], "locks": own}
        return replace(self, sections=sections)

    def section(self, name: str) -> Mapping[str, Any]:
        """A section that is a mapping; empty when it could not be collected or does not belong here."""
        return self.sections.get(name) or {}

    def answers(self, name: str) -> Mapping[str, Any]:
        """What a server said (sections `rabbitmq`, `redis`, `app`); empty when it only gave a fault."""
        found = self.section(name)
        return {} if "fault" in found else found

    def silence(self, name: str) -> str:
        """Why the server of a section gave no answer; "" when it did or is not on this host."""
        return str(self.section(name).get("fault", ""))

    @cached_property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """By name: running, state, enabled, pid, since, restarts, reason, listens, from (ports)."""
        found: Mapping[str, Mapping[str, Any]] = self.section("pulse").get("services", {})
        return found

    def runs(self, service: str) -> bool:
        """Whether the service belongs here and its process is up."""
        return bool(self.services.get(service, {}).get("running"))

    def fails(self, service: str) -> bool:
        """Whether the service belongs here and its process is not up, or not for long."""
        return service in self.services and not self.runs(service)

    def was_stopped(self, service: str) -> bool:
        """Whether somebody stopped the service, which no other trouble does."""
        return str(self.services.get(service, {}).get("state", "")) == "stopped"

    def log(self, service: str) -> tuple[str, ...]:
        """Its last lines, oldest first: since its process began, when one runs."""
        return tuple(self.section("logs").get(service, ()))

    def said(self, service: str, pattern: str) -> str:
        """The last line of a service's log in which `pattern` is found, "" when there is none."""
        wanted = re.compile(pattern)
        return next((line.strip() for line in reversed(self.log(service)) if wanted.search(line)), "")

    @property
    def processes(self) -> tuple[Mapping[str, Any], ...]:
        """Those of the stack's programs, whoever started them: see module_utils/evidence_processes.py."""
        return tuple(self.sections.get("processes") or ())

    @property
    def listeners(self) -> tuple[Mapping[str, Any], ...]:
        """Listening TCP sockets: see module_utils/listeners.py."""
        return tuple(self.section("facts").get("listeners", ()))

    def drift(self, name: str = "", *kinds: str) -> tuple[str, ...]:
        """Sentences on what differs from what `up` put here: of names that match a pattern, of some kinds.

        Kinds are those of the ledger: directory, tree, file, link, service, definitions, plugins, settings, …
        """
        found = self.section("facts").get("drift", ())
        wanted = [
            one
            for one in found
            if re.search(name, str(one["name"])) and one["kind"] in (kinds or (one["kind"],))
        ]
        return tuple(one["why"] for one in wanted)
