"""Label ports and directories for SELinux where it is enabled: a service may only use what has its type."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.verdict import Verdict

KIND = "selinux"
ENFORCE = Path("/sys/fs/selinux/enforce")
TOOLS = "/usr/sbin:/sbin:/usr/bin:/bin"
# What every port has that is nobody's; a label of one's own goes over it.
GENERIC = re.compile(r"^(?:unreserved|ephemeral|reserved|hi_reserved|.*unreserved)_port_t$")
PROTOCOL = "tcp"

Run = Callable[[Sequence[str]], tuple[bool, str]]


class SelinuxError(Exception):
    """A label cannot be given; `hint` is a command that can be pasted."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def run(command: Sequence[str]) -> tuple[bool, str]:
    """Run a program; whether it succeeded and what it said on both streams."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PATH": TOOLS}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def enabled(enforce: Path = ENFORCE) -> bool:
    """Whether the kernel labels things, enforcing or not."""
    return enforce.exists()


def pattern(path: str) -> str:
    """The directory and all below it, as semanage wants it."""
    return re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\1", path.rstrip("/")) + "(/.*)?"


def label_of(path: Path) -> str:
    """The type that a file carries, "" when it has none."""
    try:
        context = os.getxattr(path, "security.selinux", follow_symlinks=False)
    except OSError:
        return ""
    return context.decode().rstrip("\0").split(":")[2]


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The labels of this host; what is added is recorded in `ledger`. Raises SelinuxError."""

    ledger: Ledger
    changes: Changes
    run: Run = run
    label_of: Callable[[Path], str] = label_of
    find: Callable[[str], str | None] = lambda name: shutil.which(name, path=TOOLS)

    def converge(self, ports: Sequence[Mapping[str, Any]], directories: Sequence[Mapping[str, Any]]) -> None:
        """Give each port (`port`, `type`) and each directory with what is in it (`path`, `type`) its type."""
        if (ports or directories) and not self.find("semanage"):
            raise SelinuxError(
                "SELinux is enabled and `semanage`, which labels ports and directories, is not installed",
                "sudo dnf install policycoreutils-python-utils",
            )
        if ports:
            known = self._ports()
            for one in ports:
                self._port(int(one["port"]), one["type"], known)
        for one in directories:
            self._directory(one["path"], one["type"])

    def _ports(self) -> list[tuple[str, int, int]]:
        """(type, first, last) of all labelled ports, generic ones left out."""
        found = []
        for line in self._semanage("port", "-l", "-n").splitlines():
            name, protocol, listed = [*line.split(None, 2), "", "", ""][:3]
            if protocol != PROTOCOL or GENERIC.match(name):
                continue
            for part in listed.split(","):
                first, _, last = part.strip().partition("-")
                found.append((name, int(first), int(last or first)))
        return found

    def _port(self, port: int, wanted: str, known: Sequence[tuple[str, int, int]]) -> None:
        there = [name for name, first, last in known if first <= port <= last]
        if wanted in there:
            return
        if there:
            raise SelinuxError(
                f"port {port} is labelled `{there[0]}` for SELinux, so another service may want it: "
                f"it needs `{wanted}`",
                f"sudo semanage port -l | grep -w {port}   # or choose another port",
            )
        self._add(f"port {PROTOCOL} {port}", wanted, ["port", "-a", "-t", wanted, "-p", PROTOCOL, str(port)])

    def _directory(self, path: str, wanted: str) -> None:
        expected = re.escape(pattern(path))
        rules = self._semanage("fcontext", "-l", "-C", "-n")
        if not re.search(rf"^{expected}\s.*:{re.escape(wanted)}:", rules, re.MULTILINE):
            command = ["fcontext", "-a", "-t", wanted, pattern(path)]
            self._add(f"path {pattern(path)}", wanted, command)
        have = self.label_of(Path(path))
        if have != wanted and Path(path).is_dir():
            before, after = f"{have}\n", f"{wanted}\n"
            self.changes.make(path, before, after, lambda: self._do(["restorecon", "-R", path]))

    def _add(self, name: str, wanted: str, command: Sequence[str]) -> None:
        self.changes.make(f"SELinux {name}", "", f"{wanted}\n", lambda: self._do(["semanage", *command]))
        self.ledger.record(KIND, name, created=True, type=wanted)

    def _semanage(self, *words: str) -> str:
        return self._do(["semanage", *words])

    def _do(self, command: Sequence[str]) -> str:
        done, said = self.run(command)
        if not done:
            words = " ".join(command)
            cause = (said.strip().splitlines() or ["it says nothing"])[-1]
            raise SelinuxError(f"`{words}` failed: {cause}", f"sudo {words}")
        return said


def retire(entry: Mapping[str, Any], verdict: Verdict, check: bool, act: Run = run) -> None:
    """Take a label away that was added. Raises SelinuxError."""
    kind, _, rest = str(entry["name"]).partition(" ")
    words = ["fcontext", "-d", rest] if kind == "path" else ["port", "-d", "-p", *rest.split()]
    if not check:
        done, said = act(["semanage", *words])
        if not done and "is not defined" not in said:
            command = " ".join(["semanage", *words])
            raise SelinuxError(f"`{command}` failed: {said.strip()}", f"sudo {command}")
    verdict.remove(entry)
