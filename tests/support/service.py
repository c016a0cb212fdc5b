"""One face for a service of the stack, whichever supervisor runs it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.hosts import Host

SUPERVISORCTL = ("supervisorctl", "-c", "/etc/rabbitry/supervisord.conf")


@dataclass(frozen=True)
class HostService:
    """A service named as the stack names it (`stack-worker-default`), on one host."""

    host: Host
    name: str

    @property
    def _systemd(self) -> bool:
        return self.host.boot == "systemd"

    def is_running(self) -> bool:
        """Say whether the supervisor counts it as up."""
        if self._systemd:
            return self.host.run(["systemctl", "is-active", self.name], check=False).out.strip() == "active"
        return " RUNNING " in self._supervisor("status")

    def is_enabled(self) -> bool:
        """Say whether a boot brings it up."""
        if self._systemd:
            return self.host.run(["systemctl", "is-enabled", self.name], check=False).out.strip() == "enabled"
        program = f"/etc/rabbitry/supervisor.d/{self.name}.conf"
        return self.host.run(["grep", "-qx", "autostart *= *true", program], check=False).rc == 0

    def pid(self) -> int:
        """Return the main process's number, 0 when it does not run."""
        if self._systemd:
            return int(self.host.run(["systemctl", "show", "-P", "MainPID", self.name]).out)
        text = self._supervisor("pid").strip()
        return int(text) if text.isdigit() else 0

    def start(self) -> None:
        """Start it by its supervisor, not by the stack's own verbs."""
        self.host.run(self._command("start"), seconds=90)

    def stop(self) -> None:
        """Stop it by its supervisor."""
        self.host.run(self._command("stop"), seconds=90)

    def restart(self) -> None:
        """Stop and start it by its supervisor."""
        self.host.run(self._command("restart"), seconds=90)

    def signal(self, name: str) -> None:
        """Send a signal (`STOP`, `KILL`, ...) to its main process."""
        pid = self.pid()
        assert pid, f"{self.name} has no process"
        self.host.run(f"kill -{name} {pid}")

    def logs(self, lines: int = 30) -> str:
        """Return its last log lines."""
        if self._systemd:
            command = ["journalctl", "-u", self.name, "-n", str(lines), "--no-pager", "-o", "cat"]
            return self.host.run(command, check=False).text
        return self.host.run(
            ["tail", "-n", str(lines), f"/var/log/rabbitry/{self.name}.log"], check=False
        ).text

    def _command(self, verb: str) -> list[str]:
        return ["systemctl", verb, self.name] if self._systemd else [*SUPERVISORCTL, verb, self.name]

    def _supervisor(self, verb: str) -> str:
        return self.host.run([*SUPERVISORCTL, verb, self.name], check=False).text
