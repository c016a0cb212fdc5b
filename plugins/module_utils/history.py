"""Which release and environment of an application were in use on this host, and what was taken back."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import Shelf, switch
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

KIND = "history"
FILE = "history.json"
SCHEMA = 1
# Events that are remembered; the releases themselves go much earlier.
KEPT = 100


@dataclass(frozen=True)
class Pair:
    """A release and the environment that it runs in, by their digests."""

    release: str
    venv: str

    @classmethod
    def linked(cls, home: Path) -> Pair:
        """The pair that is in use, by the links; "" for one that leads nowhere."""
        return cls(Shelf(home, "release").linked("current"), Shelf(home, "venv").linked("venv"))

    def is_there(self, home: Path) -> bool:
        """Whether both parts are complete on this host."""
        release, venv = Shelf(home, "release"), Shelf(home, "venv")
        return bool(self.release and self.venv and release.note(self.release) and venv.note(self.venv))


@dataclass(frozen=True)
class Use:
    """A pair that was put in use: `since` in seconds since 1970, `by` up, deploy or rollback, in which `run`.

    `failed` says why it was taken back at once; it then counts as tried and not as used.
    """

    release: str
    venv: str
    since: float
    by: str = "up"
    run: str = ""
    failed: str = ""

    @property
    def pair(self) -> Pair:
        return Pair(self.release, self.venv)


class History:
    """The file `<home>/history.json`, oldest use first; the links on the disk have the last word."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / FILE
        self.uses: list[Use] = _read(self.path)
        linked = Pair.linked(home)
        if linked.release and (self.current is None or self.current.pair != linked):
            since = files.status(home / "current")
            self.uses.append(Use(linked.release, linked.venv, since.st_mtime if since else 0))

    @property
    def current(self) -> Use | None:
        """The use that lasts."""
        return next((use for use in reversed(self.uses) if not use.failed), None)

    @property
    def before(self) -> Pair | None:
        """The pair that a roll back leads to: the newest one before this that is still on the host.

        Rolling back twice goes back two steps: what was taken back is no way back.
        """
        way: list[Pair] = []
        for use in self.uses:
            if use.failed:
                continue
            if use.by == "rollback" and use.pair in way:
                del way[way.index(use.pair) + 1 :]
            else:
                way = [pair for pair in way if pair != use.pair] + [use.pair]
        return next((pair for pair in reversed(way[:-1]) if pair.is_there(self.home)), None)

    @property
    def refused(self) -> dict[Pair, Use]:
        """What was taken back since a release was put in use and stayed, with the use that took its place.

        The release that a roll back left and later came back to is not among them.
        """
        put = max(
            (n for n, use in enumerate(self.uses) if not use.failed and use.by != "rollback"), default=0
        )
        found = {use.pair: use for use in self.uses[put + 1 :] if use.failed}
        lasting = [use for use in self.uses[put:] if not use.failed]
        if lasting and lasting[-1].pair != lasting[0].pair:
            found |= {use.pair: after for use, after in pairwise(lasting)}
        return {pair: use for pair, use in found.items() if pair != lasting[-1].pair}

    def begin(self, pair: Pair, by: str, run: str = "") -> None:
        """Note that a pair is in use from now on; nothing when it is already."""
        if self.current is None or self.current.pair != pair:
            self.uses.append(Use(pair.release, pair.venv, round(time.time(), 3), by, run))

    def fail(self, why: str) -> None:
        """Note that the pair in use was taken back, and why."""
        number = max(index for index, use in enumerate(self.uses) if not use.failed)
        self.uses[number] = Use(**{**asdict(self.uses[number]), "failed": why})

    def used(self, keep: int) -> list[Pair]:
        """The pairs of the last `keep` releases that were in use, the one that is in use first."""
        found: list[Pair] = []
        for use in reversed(self.uses):
            if not use.failed and use.pair not in found:
                if len({pair.release for pair in found} | {use.release}) > keep:
                    break
                found.append(use.pair)
        return found

    def save(self, ledger: Ledger) -> None:
        """Write the file, world-readable as the releases are, and record it."""
        document = {"schema": SCHEMA, "uses": [asdict(use) for use in self.uses[-KEPT:]]}
        files.write(self.path, (json.dumps(document, indent=1) + "\n").encode())
        ledger.record(KIND, str(self.path), created=True)

    def told(self) -> dict[str, Any]:
        """All of it as data: {"uses": [use and "kept"], "before": pair | None}, for those who show it."""
        uses = [{**asdict(use), "kept": use.pair.is_there(self.home)} for use in self.uses]
        before = self.before
        return {"uses": uses, "before": asdict(before) if before else None}


def put(history: History, pair: Pair, ledger: Ledger, by: str = "up", run: str = "") -> None:
    """Let the links lead to a pair, and note it; the caller holds the shelf of releases."""
    if pair.venv:
        switch(history.home, "venv", f"venvs/{pair.venv}", ledger)
    switch(history.home, "current", f"releases/{pair.release}", ledger)
    shelf = Shelf(history.home, "release")
    if not shelf.was_used(pair.release):
        shelf.complete(pair.release, used=True)
    history.begin(pair, by, run)
    history.save(ledger)


def prune(home: Path, keep: int, ledger: Ledger) -> list[str]:
    """Remove all but the last `keep` releases that were in use and their environments; returns the paths.

    What a roll back leads to stays, whatever was tried since.
    """
    past = History(home)
    pairs = [*past.used(keep), Pair.linked(home), *([past.before] if past.before else [])]
    removed = []
    for kind in ("release", "venv"):
        used = {getattr(pair, kind) for pair in pairs} - {""}
        with (shelf := Shelf(home, kind)).locked(ledger):
            removed += shelf.prune(keep, used, ledger)
    return removed


def standing(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was taken back last and stays away from this host, a sentence each, by what its ledgers record."""
    said = []
    for path in (Path(str(entry["name"])) for entry in entries if entry["kind"] == KIND):
        past = History(path.parent)
        if not (found := list(past.refused.items())) or past.current is None:
            continue
        # What the source has is what was tried last, or what the first roll back came from.
        last = past.uses[-1]
        pair, use = (last.pair, last) if last.failed else found[0]
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(use.since))
        how = "did not work" if use.failed else "was rolled back"
        where = f"{path.parent} on {socket.gethostname()}"
        said.append(
            f"{where} stays at release `{past.current.release}` until the source changes, "
            f"since `{pair.release}` {how} on {when}"
        )
    return said


def _read(path: Path) -> list[Use]:
    content = files.read(path)
    try:
        document = json.loads(content or b"{}")
        return [Use(**use) for use in document["uses"]] if document.get("schema") == SCHEMA else []
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # a damaged history: what is in use is seen by the links
