"""One face for a service of the stack, whichever supervisor runs it and however its host is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

SUPERVISORCTL = ("supervisorctl", "-c", "/etc/rabbitry/supervisord.conf")
LAUNCHCTL = "/bin/launchctl"
LABEL = "rabbitry."


class Answer(Protocol):
    """How a command ended; `text` is both streams."""

    @property
    def rc(self) -> int: ...
    @property
    def out(self) -> str: ...
    @property
    def text(self) -> str: ...


class Machine(Protocol):
    """A host that takes commands: one of tests/support/hosts.py, or one that testinfra reaches."""

    @property
    def boot(self) -> str:
        """What started it: `systemd`, `launchd`, or `noinit`, where supervisord keeps the services."""

    def run(
        self,
        command: str | Sequence[str],
        *,
        seconds: float = 60,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        user: str = "root",
    ) -> Answer: ...


@dataclass(frozen=True)
class HostService:
    """A service named as the stack names it (`stack-worker-default`), on one host."""

    host: Machine
    name: str

    def is_running(self) -> bool:
        """Say whether the supervisor counts it as up."""
        match self.host.boot:
            case "systemd":
                return self._said("systemctl", "is-active", self.name) == "active"
            case "launchd":
                return re.search(r"^\tstate = running$", self._launchd(), re.M) is not None
        return " RUNNING " in self._said(*SUPERVISORCTL, "status", self.name)

    def is_enabled(self) -> bool:
        """Say whether a boot brings it up."""
        match self.host.boot:
            case "systemd":
                return self._said("systemctl", "is-enabled", self.name) == "enabled"
            case "launchd":
                # Loaded means that its plist was found at boot or told since; a disabled one is listed apart.
                return bool(self._launchd()) and f'"{LABEL}{self.name}" => disabled' not in self._said(
                    LAUNCHCTL, "print-disabled", "system"
                )
        program = f"/etc/rabbitry/supervisor.d/{self.name}.conf"
        return self.host.run(["grep", "-qx", "autostart *= *true", program], check=False).rc == 0

    def pid(self) -> int:
        """Return the main process's number, 0 when it does not run."""
        match self.host.boot:
            case "systemd":
                text = self._said("systemctl", "show", "-P", "MainPID", self.name)
            case "launchd":
                found = re.search(r"^\tpid = (\d+)$", self._launchd(), re.M)
                text = found[1] if found else ""
            case _:
                text = self._said(*SUPERVISORCTL, "pid", self.name)
        return int(text) if text.isdigit() else 0

    def start(self) -> None:
        """Start it by its supervisor, not by the stack's own verbs."""
        self._do("start")

    def stop(self) -> None:
        """Stop it by its supervisor."""
        self._do("stop")

    def restart(self) -> None:
        """Stop and start it by its supervisor."""
        self._do("restart")

    def signal(self, name: str) -> None:
        """Send a signal (`STOP`, `KILL`, ...) to its main process."""
        pid = self.pid()
        assert pid, f"{self.name} has no process"
        self.host.run(f"kill -{name} {pid}")

    def logs(self, lines: int = 30) -> str:
        """Return its last log lines."""
        if self.host.boot == "systemd":
            command = ["journalctl", "-u", self.name, "-n", str(lines), "--no-pager", "-o", "cat"]
        else:
            command = ["tail", "-n", str(lines), f"/var/log/rabbitry/{self.name}.log"]
        return self.host.run(command, check=False).text

    def _do(self, verb: str) -> None:
        target = f"system/{LABEL}{self.name}"
        match self.host.boot, verb:
            case "systemd", _:
                command = ["systemctl", verb, self.name]
            case "launchd", "stop":
                command = [LAUNCHCTL, "bootout", target]
            case "launchd", "start":
                plist = f"/Library/LaunchDaemons/{LABEL}{self.name}.plist"
                command = [LAUNCHCTL, "bootstrap", "system", plist]
            case "launchd", _:
                command = [LAUNCHCTL, "kickstart", "-k", target]
            case _:
                command = [*SUPERVISORCTL, verb, self.name]
        self.host.run(command, seconds=90)

    def _launchd(self) -> str:
        """Return what launchd knows of it, nothing when it is not loaded."""
        answer = self.host.run([LAUNCHCTL, "print", f"system/{LABEL}{self.name}"], check=False)
        return answer.out if answer.rc == 0 else ""

    def _said(self, *command: str) -> str:
        return self.host.run(command, check=False).text.strip()
