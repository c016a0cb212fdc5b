"""Puts a release in use under services that run, and takes it back when it does not work."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import history, seals, supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import import_check
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT, Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.rolling import Failed, Rolling
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_question import Application, is_worker

WORKERS, OTHERS = "workers", "others"


@dataclass
class Rollout:
    """One change of what an application at `home` runs on this host; `run` is the deployment's name."""

    home: Path
    application: Application
    rolling: Rolling
    owner: str = "celery_app"
    by: str = "deploy"
    run: str = ""
    keep: int = 3
    ledgers: Path = ROOT
    replaced: list[str] = field(default_factory=list)

    def services(self, part: str = "") -> list[Service]:
        """The recorded services that run from `<home>/current`, in start order: workers, others, or all."""
        entries = supervisor.recorded(root=self.ledgers).values()
        every = [supervisor.described(entry) for entry in entries if f"{self.home}/current" in entry["watch"]]
        return [one for one in every if part in ("", WORKERS if is_worker(one) else OTHERS)]

    def predict(self, pair: Pair, part: str) -> bool:
        """Whether `put` would change anything."""
        return Pair.linked(self.home) != pair or any(map(self.rolling.is_due, self.services(part)))

    def put(self, pair: Pair, part: str) -> bool:
        """Put the pair in use and replace the services of this part one by one; whether anything changed.

        Raises DeploymentError when the pair is not on this host, cannot be imported, or does not work: then
        what ran before runs again. A sealed host stays sealed, for what it was sealed with.
        """
        if not pair.is_there(self.home):
            raise DeploymentError(
                f"release `{pair.release}` with environment `{pair.venv}` is not on {socket.gethostname()}",
                "./inv deploy --list",
            )
        sealed = seals.current(self.ledgers)
        before = Pair.linked(self.home)
        if before != pair:
            if self.by == "rollback":
                self._try(pair)
            self._lead_to(pair, History(self.home))
        if failed := self._replace(self.services(part)):
            self._take_back(pair, failed, sealed)
        ledger = Ledger(self.owner, self.ledgers)
        history.prune(self.home, self.keep, ledger)
        ledger.save()
        self._seal(sealed)
        return before != pair or bool(self.replaced)

    def _try(self, pair: Pair) -> None:
        """Import the application as the pair has it; it may not bear today's settings."""
        release, venv = (
            Shelf(self.home, "release").path(pair.release),
            Shelf(self.home, "venv").path(pair.venv),
        )
        given = self.application
        if given.module:
            python = venv / "bin" / "python"
            import_check(given.module, release, python, given.user, given.environment_file)

    def _lead_to(self, pair: Pair, past: History) -> None:
        ledger = Ledger(self.owner, self.ledgers)
        with Shelf(self.home, "release").locked(ledger):
            history.put(past, pair, ledger, self.by, self.run)
        ledger.save()

    def _replace(self, services: Sequence[Service], force: bool = False) -> Failed | None:
        """Replace those that run with something else, one by one; the first failure ends it."""
        for service in services:
            if force or self.rolling.is_due(service):
                self.replaced.append(service.name)
                if failed := self.rolling.replace(service):
                    return failed
        return None

    def _take_back(self, pair: Pair, failed: Failed, sealed: Mapping[str, str]) -> None:
        """Let what was in use before this run go on, then say why."""
        fault = failed.fault
        past = History(self.home)
        use = past.current
        if use is None or (use.by, use.run) != (self.by, self.run):
            raise DeploymentError(fault.message, fault.hint, fault.log)
        past.fail(fault.message)
        back = past.current.pair if past.current else Pair("", "")
        other = back.release != pair.release
        what = f"release `{pair.release}`" if other else f"environment `{pair.venv}`"
        if not back.is_there(self.home):
            raise DeploymentError(f"{what} is the only one, and {fault.message}", fault.hint, fault.log)
        self._lead_to(back, past)
        if failed.mute:
            self.rolling.end(failed.service)
        # The one that failed first: its queues may have nobody else.
        rest = [one for one in self.services() if one.name != failed.service.name]
        if again := self._replace([failed.service], force=True) or self._replace(rest):
            worse = f"{what} does not work: {fault.message}; nor does the one before: {again.fault.message}"
            raise DeploymentError(worse, again.fault.hint, again.fault.log)
        self._seal(sealed)
        before = f"release `{back.release}`" if other else f"environment `{back.venv}`"
        message = f"{what} was taken back and {before} runs again: {fault.message}"
        raise DeploymentError(message, fault.hint, fault.log)

    def _seal(self, sealed: Mapping[str, str]) -> None:
        if sealed:
            seals.seal(sealed["env"], sealed["digest"], self.ledgers)
