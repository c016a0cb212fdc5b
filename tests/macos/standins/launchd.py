"""A stand-in for launchd, for one user: keeps the jobs that launchctl loads, as documented.

Started by the stand-in for launchctl; answers one JSON request a connection on a socket.
"""

from __future__ import annotations

import json
import os
import plistlib
import signal
import socket
import stat
import sys
from pathlib import Path
from typing import Any

from job import Job

POLL = 0.03
SESSION = {"gui": "Aqua", "user": "Background"}

Answer = dict[str, Any]


class Refusal(Exception):
    """An error as launchctl prints it: its number is the exit status."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


INPUT_OUTPUT = Refusal(5, "Input/output error")
NO_PROCESS = Refusal(3, "No such process")
NOT_PERMITTED = Refusal(1, "Operation not permitted")
NO_DOMAIN = Refusal(125, "Domain does not support specified action")


class Launchd:
    """All jobs of one user, and which labels are disabled."""

    def __init__(self, folder: Path) -> None:
        self.overrides = folder / "disabled.json"
        self.jobs: dict[tuple[str, str], Job] = {}
        text = self.overrides.read_text() if self.overrides.exists() else "{}"
        self.disabled: dict[str, bool] = json.loads(text)

    def tick(self) -> None:
        for key, job in list(self.jobs.items()):
            job.tick()
            if job.leaving and not job.process:
                del self.jobs[key]

    def answer(self, words: list[str]) -> Answer:
        """One request of launchctl's: its output, or the refusal."""
        try:
            return {"code": 0, "out": getattr(self, words[0].replace("-", "_"))(*words[1:]) or ""}
        except Refusal as refusal:
            return {"code": refusal.code, "error": str(refusal)}

    def bootstrap(self, domain: str, *paths: str) -> None:
        kind = check(domain)
        for path in map(Path, paths):
            if not path.exists():
                raise INPUT_OUTPUT
            found, plist = path.stat(), plistlib.loads(path.read_bytes())
            label = plist["Label"]
            others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            trusted = found.st_uid in (0, os.getuid()) and not others
            sessions = plist.get("LimitLoadToSessionType", "Aqua")
            off = self.disabled.get(label, plist.get("Disabled", False))
            if (domain, label) in self.jobs or off or not trusted or SESSION[kind] not in sessions:
                raise INPUT_OUTPUT
            job = self.jobs[domain, label] = Job(domain, path, plist)
            job.tick()

    def bootout(self, target: str) -> None:
        job = self.find(target, NO_PROCESS)
        job.leaving = True
        job.stop()
        self.tick()

    def find(self, target: str, missing: Refusal | None = None) -> Job:
        kind, uid, label = [*target.split("/", 2), "", ""][:3]
        domain = f"{kind}/{uid}"
        check(domain)
        job = self.jobs.get((domain, label))
        if not job:
            sentence = f'Could not find service "{label}" in domain for user {kind}: {uid}'
            raise missing or Refusal(113, sentence)
        return job

    def loaded(self, target: str) -> str:
        domain, _, label = target.rpartition("/")
        return "yes" if (domain, label) in self.jobs else ""

    def enable(self, target: str) -> None:
        self._override(target, False)

    def disable(self, target: str) -> None:
        self._override(target, True)

    def _override(self, target: str, value: bool) -> None:
        domain, _, label = target.rpartition("/")
        check(domain)
        self.disabled[label] = value
        self.overrides.write_text(json.dumps(self.disabled))

    def kickstart(self, *words: str) -> None:
        job = self.find(words[-1])
        job.wanted, job.due = True, 0.0
        if job.process and "-k" in words:
            job.stop()

    def kill(self, name: str, target: str) -> None:
        job = self.find(target)
        if not job.process:
            raise NO_PROCESS
        job.process.send_signal(signal.Signals[f"SIG{name.removeprefix('SIG')}"])

    def print(self, target: str) -> str:
        if target.count("/") < 2:
            check(target)
            return f"{target} = {{\n\ttype = user\n}}\n"
        return self.find(target).text()

    def print_disabled(self, domain: str) -> str:
        check(domain)
        words = {True: "disabled", False: "enabled"}
        lines = [f'\t\t"{label}" => {words[off]}\n' for label, off in self.disabled.items()]
        return "\tdisabled services = {\n" + "".join(lines) + "\t}\n"

    def list(self) -> str:
        lines = [
            f"{job.process.pid if job.process else '-'}\t{job.code}\t{label}"
            for (_, label), job in self.jobs.items()
        ]
        return "\n".join(["PID\tStatus\tLabel", *lines, ""])


def check(domain: str) -> str:
    """The kind of a domain that is there and the caller's: gui/UID only while its user sits at the screen."""
    kind, _, uid = domain.partition("/")
    if kind not in SESSION or uid != str(os.getuid()):
        raise NOT_PERMITTED
    console = Path("/dev/console")
    if kind == "gui" and not (console.exists() and console.stat().st_uid == os.getuid()):
        raise NO_DOMAIN
    return kind


def serve(path: Path) -> None:
    """Answer until the end of the world."""
    launchd = Launchd(path.parent)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(POLL)
        while True:
            launchd.tick()
            try:
                connection = server.accept()[0]
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                words = json.loads(connection.makefile().readline())
                connection.sendall(json.dumps(launchd.answer(words)).encode())


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
