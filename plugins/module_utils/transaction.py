"""Install packages in a process of its own that outlives the module which asked for it, and wait for it."""

from __future__ import annotations

import fcntl
import json
import os
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files, hold, layout, newcomers, pins
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT, Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.managers import for_host
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError, quoted, tail

STATE = Path(layout.HERE.state) / "packages"
POLL = 0.02  # seconds between two looks at a running transaction

Install = Callable[[Sequence[str], Path, Sequence[Path]], None]
Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Transactions:
    """The package transactions of this host: `ID.lock` (held while its process lives), `.json`, `.log`.

    `install(names, log, sources)` does the work. What is left behind without its process tells what a process
    that was killed had begun: it is settled (recorded, units released) by whoever comes next. It lies in
    /var/lib and not in /run, so that a reboot in the middle loses nothing.
    """

    install: Install
    state: Path = STATE
    ledger: Path = ROOT
    runtime: Path = hold.RUNTIME
    host: newcomers.Host = field(default_factory=lambda: newcomers.Host(manager=for_host()))

    def start(
        self, owner: str, names: Sequence[str], mask: Sequence[str], sources: Sequence[str] = ()
    ) -> None:
        """Begin to install `names` for `owner`; returns at once. One transaction runs at a time, in order.

        `sources` are files that name repositories whose metadata must be fetched first.
        """
        ledger = Ledger(owner, self.ledger)
        for made in files.make_directories(self.state):
            ledger.record("directory", str(made), created=True)
        ledger.save()
        self.state.chmod(0o700)
        path = self.state / f"{time.time_ns():020d}-{owner}.json"
        lock = self._take(path)
        asked = {"owner": owner, "names": list(names), "mask": list(mask), "sources": list(sources)}
        document = {**asked, **self._adopt(path)}
        _write(path, document)
        child = os.fork()
        if child == 0:
            _detach(lambda: self._run(path, document))
        os.close(lock)  # the child holds it from here on
        os.waitpid(child, 0)

    def _take(self, path: Path) -> int:
        draft = path.with_suffix(".new")
        lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        draft.rename(path.with_suffix(".lock"))  # nobody sees it unlocked
        return lock

    def _adopt(self, path: Path) -> Document:
        """Take over what was killed, so that its packages count as new when this one completes them."""
        taken: Document = {"held": [], "before": None, "error": None}
        for dead, document, alive in self._all():
            if not alive and not document["error"]:
                taken["before"] = taken["before"] or document["before"]
                taken["held"] += document["held"]
                with path.with_suffix(".log").open("ab") as log:
                    log.write(_log(dead))
                _remove(dead)
        return taken

    def _run(self, path: Path, document: Document) -> None:
        """The whole transaction, in its own process."""
        self._wait_for_older(path)
        try:
            document["before"] = document["before"] or self.host.snapshot()
            held = hold.hold(document["mask"], self.runtime)
            document["held"] = sorted({*document["held"], *held})
            _write(path, document)
            if missing := pins.missing(document["names"], self.host.installed()):
                self.install(missing, path.with_suffix(".log"), [Path(one) for one in document["sources"]])
            self._settle(path, document)
            _remove(path)
            os.sync()  # dpkg ran without its own
        except PackageError as failed:
            self._settle(path, document)
            _write(
                path,
                {**document, "error": {"message": failed.message, "hint": failed.hint, "log": failed.log}},
            )
        except Exception as broken:
            message = f"the package transaction broke off: {broken}"
            _write(
                path, {**document, "error": {"message": message, "log": traceback.format_exc().splitlines()}}
            )

    def _wait_for_older(self, path: Path) -> None:
        for lock in sorted(self.state.glob("*.lock")):
            if lock.stem < path.stem:
                with suppress(FileNotFoundError), lock.open("rb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_SH)

    def _settle(self, path: Path, document: Document) -> None:
        hold.release(document["held"], self.runtime)
        if document["before"] is not None:
            newcomers.record(document, _log(path).decode(errors="replace"), self.host, self.ledger)

    def _all(self) -> Iterator[tuple[Path, Document, bool]]:
        """Every transaction, oldest first, and whether its process lives; what ended stays locked."""
        for lock in sorted(self.state.glob("*.lock")) if self.state.is_dir() else []:
            path = lock.with_suffix(".json")
            with suppress(FileNotFoundError), lock.open("rb") as stream:
                try:
                    fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    alive = False
                except BlockingIOError:
                    alive = True
                yield path, json.loads(path.read_bytes()), alive

    def running(self) -> set[str]:
        """Names in transactions whose process lives."""
        return {name for _, document, alive in self._all() if alive for name in document["names"]}

    def settle(self) -> None:
        """Record what transactions that were killed brought, and let go the units that they held."""
        for path, document, alive in self._all():
            if not alive and not document["error"]:
                self._settle(path, document)
                _remove(path)

    def failures(self, names: Collection[str] = ()) -> list[PackageError]:
        """Take the failures that nobody heard of yet, of all transactions or of those with one of `names`."""
        found = []
        for path, document, alive in self._all():
            if not alive and document["error"] and (not names or set(names) & set(document["names"])):
                found.append(PackageError(**document["error"]))
                _remove(path)
        return found

    def join(self, timeout: float) -> bool:
        """Wait for all running transactions; says whether there was one. Raises PackageError."""
        deadline = time.monotonic() + timeout
        waited = False
        while names := self.running():
            waited = True
            if time.monotonic() > deadline:
                hint = "ps -o pid,etime,args -C apt-get,dpkg,dnf"
                log = tail("".join(_log(one).decode(errors="replace") for one, _, _ in self._all()))
                raise PackageError(f"{quoted(sorted(names))}: not installed after {timeout:g} s", hint, log)
            time.sleep(POLL)
        for failed in self.failures():
            raise failed
        return waited


def _write(path: Path, document: Document) -> None:
    files.write(path, json.dumps(document).encode(), 0o600)


def _log(path: Path) -> bytes:
    log = path.with_suffix(".log")
    return log.read_bytes() if log.exists() else b""


def _remove(path: Path) -> None:
    for suffix in (".json", ".log", ".lock"):
        path.with_suffix(suffix).unlink(missing_ok=True)


def _detach(act: Callable[[], None]) -> None:
    """Go on in a grandchild without terminal, parent or pipe of the caller's; never returns."""
    status = 1
    try:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)  # else the caller's connection stays open until the end
        os.chdir("/")
        act()
        status = 0
    finally:
        os._exit(status)
