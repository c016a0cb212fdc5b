"""Brings the services of one owner into a wanted state, touching only what differs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    service_record,
    service_trees,
    service_wait,
    supervisor,
    supervisor_packages,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT as LEDGERS
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.placement import Placement
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import Control, State
from ansible_collections.rabbitry.stack.plugins.module_utils.tree_placement import Trees

SHARED = "service"  # the ledger owner of what all services share
CRASHING_SECONDS = 5  # a process that ended repeatedly and is younger is not trusted
ROOT = HERE.owner


@dataclass
class Outcome:
    """What was changed, or would be in check mode: paths, and services by what was done to them."""

    paths: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    enabled: list[str] = field(default_factory=list)
    faults: list[service_wait.Fault] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return any((self.paths, self.started, self.restarted, self.stopped, self.removed, self.enabled))


class Converge:
    """One run over the services of one owner on one supervisor."""

    def __init__(
        self,
        hand: Control,
        owner: str,
        check: bool = False,
        root: Path = LEDGERS,
        records: Path = service_record.STARTED,
    ) -> None:
        self.hand = hand
        self.check = check
        self.records = records
        self.ledger, self.shared = Ledger(owner, root), Ledger(SHARED, root)
        self.files = Placement(self.ledger, Accounts(), check)
        self.shared_files = Placement(self.shared, Accounts(), check)
        self.outcome = Outcome()
        self.places: dict[str, service_wait.Place] = {}

    def start(
        self, services: Sequence[Service], shared: Mapping[str, str], restart: bool, prune: bool
    ) -> None:
        """Write, prune, reload, enable and (re)start; `shared` are programs that all services use."""
        texts = {service.name: self.hand.files(service) for service in services}
        if not self.check and not self.hand.installed():
            self.outcome.paths += supervisor_packages.bring(self.hand, self.shared)
        for path, mode in self.hand.directories.items():
            self.shared_files.directory({"path": path, "mode": mode, **ROOT})
        for path, text in shared.items():
            if Path(path).name in self.hand.programs:
                self._write(self.shared_files, path, text, "0755")
        for path, text in self.hand.main_files.items():
            self._write(self.shared_files, path, text)
        self._state_trees(services)
        if prune:
            self._prune({service.name for service in services})
        written = [path for service in services for path in self._describe(service, texts[service.name])]
        self._save()
        before = self.hand.states(services)
        disabled = [s for s in services if not before[s.name].enabled]
        self.outcome.enabled += [s.name for s in disabled]
        if not self.check and (written or disabled or any(state.stale for state in before.values())):
            self.hand.reload(disabled, [])
        due = [s for s in services if restart or self._due(s, texts[s.name], before[s.name])]
        self.outcome.started += [s.name for s in due if not before[s.name].pid]
        self.outcome.restarted += [s.name for s in due if before[s.name].pid]
        if due and not self.check:
            self.places.update(service_wait.places(self.hand, due, before))
            self.hand.start(due)

    def wait(self, services: Sequence[Service]) -> None:
        """Wait until the services are ready, and note with which files they run; the rest becomes faults."""
        states, faults = service_wait.wait(self.hand, services, self.places)
        self.outcome.faults += faults
        for service in services:
            if service.name in states:
                service_record.record(service, self.hand.files(service), states[service.name], self.records)

    def stop(self, services: Sequence[Service]) -> None:
        """Stop and keep stopped after a reboot; nothing is deleted."""
        states = self.hand.states(services)
        known = [s for s in services if states[s.name].state != "missing"]
        stopped = [s for s in known if states[s.name].state not in ("stopped", "failed")]
        disabled = [s for s in known if states[s.name].enabled]
        self.outcome.stopped += [s.name for s in {s.name: s for s in (*stopped, *disabled)}.values()]
        for service in disabled:
            texts = self.hand.files(service, enabled=False)
            if texts != self.hand.files(service):
                self._describe(service, texts)
        self._save()
        if not self.check:
            if stopped:
                self.hand.stop(stopped)
            if disabled:
                self.hand.reload([], disabled)
            self.hand.finish()

    def remove(self, names: Sequence[str]) -> None:
        """Stop the services, and take away what the supervisor knows of them."""
        entries = [e for e in (self.ledger.find("service", name) for name in names) if e]
        if entries and not self.check:
            supervisor.remove(entries[0], *entries[1:])
        for entry in entries:
            self.ledger.forget("service", entry["name"])
            for path in entry["unit_path"]:
                self.ledger.forget("file", path)
                self.outcome.paths.append(path)
        self.outcome.removed += [entry["name"] for entry in entries]
        self._save()

    @property
    def diff(self) -> list[dict[str, str]]:
        """What was written, in Ansible's shape."""
        return [*self.shared_files.diff, *self.files.diff]

    def recorded(self) -> list[Service]:
        """The services of this owner as they were last written."""
        return [supervisor.described(e) for e in self.ledger.entries if e["kind"] == "service"]

    def _state_trees(self, services: Sequence[Service]) -> None:
        trees = Trees(self.shared, Accounts(), self.shared_files.changes)
        items = service_trees.items(services, self.shared.root, self.hand.directories)
        trees.refuse(items)
        before = len(self.shared_files.changed)
        trees.place(items)
        self.outcome.paths += self.shared_files.changed[before:]

    def _due(self, service: Service, texts: Mapping[str, str], state: State) -> bool:
        if state.state not in ("running", "starting") or not state.pid:
            return True
        if state.restarts >= service_wait.CRASHES and time.time() - state.since < CRASHING_SECONDS:
            return True
        return any(path in self.outcome.paths for path in texts) or service_record.outdated(
            service, texts, state, self.records
        )

    def _prune(self, wanted: set[str]) -> None:
        entries = [e for e in self.ledger.entries if e["kind"] == "service"]
        self.remove(
            [e["name"] for e in entries if e["name"] not in wanted or e["supervisor"] != self.hand.kind]
        )

    def _describe(self, service: Service, texts: Mapping[str, str]) -> list[str]:
        written = [path for path, text in texts.items() if self._write(self.files, path, text)]
        self.ledger.record(
            "service",
            service.name,
            supervisor=self.hand.kind,
            unit_path=list(texts),
            watch=[str(path) for path in service_record.watched(service)],
            definition=service.definition(),
            created=True,
        )
        return written

    def _write(self, files: Placement, path: str, text: str, mode: str = "0644") -> bool:
        before = len(files.changed)
        files.file({"path": path, "content": text, "mode": mode, **ROOT})
        differs = len(files.changed) > before
        self.outcome.paths += [path] if differs else []
        return differs

    def _save(self) -> None:
        if not self.check:
            self.ledger.save()
            self.shared.save()
