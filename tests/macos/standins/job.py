"""One job of the stand-in for launchd: a property list and the process that it stands for."""

from __future__ import annotations

import os
import pwd
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

# What a Mac gives a job that asks for nothing.
OPEN_FILES = 256
DEFAULT_THROTTLE, DEFAULT_EXIT_TIMEOUT = 10, 20


class Job:
    """One loaded property list."""

    def __init__(self, domain: str, path: Path, plist: dict[str, Any]) -> None:
        self.domain, self.path, self.plist = domain, path, plist
        self.process: subprocess.Popen[bytes] | None = None
        self.runs, self.code, self.due, self.began = 0, "(never exited)", 0.0, 0.0
        self.kill_at, self.leaving, self.wanted = 0.0, False, bool(plist.get("RunAtLoad"))

    def start(self) -> None:
        """Become the program: in a session of its own, with launchd's bare environment."""
        account = pwd.getpwuid(os.getuid())
        environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": account.pw_dir,
            "USER": account.pw_name,
            "LOGNAME": account.pw_name,
            "SHELL": account.pw_shell,
            "TMPDIR": "/tmp/",
            "XPC_SERVICE_NAME": self.plist["Label"],
        }
        environment |= self.plist.get("EnvironmentVariables", {})
        soft = self.plist.get("SoftResourceLimits", {}).get("NumberOfFiles", OPEN_FILES)

        def limit() -> None:
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard), hard))
            os.umask(self.plist.get("Umask", 0o022))

        self.runs, self.began = self.runs + 1, time.monotonic()
        self.wanted = False
        try:
            with self._open("StandardOutPath") as out, self._open("StandardErrorPath") as err:
                self.process = subprocess.Popen(
                    self.plist["ProgramArguments"],
                    cwd=self.plist.get("WorkingDirectory", "/"),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                    preexec_fn=limit,
                )
        except OSError:
            self.ended(78)  # EX_CONFIG: what launchd says when it cannot spawn

    def _open(self, key: str) -> Any:
        return Path(self.plist.get(key, os.devnull)).open("ab")

    def ended(self, code: int) -> None:
        """Decide about another start: KeepAlive, and not sooner than ThrottleInterval after the last one."""
        if self.process and not self.plist.get("AbandonProcessGroup"):
            end_group(self.process.pid)
        self.process, self.kill_at, self.code = None, 0.0, str(code)
        keep = self.plist.get("KeepAlive", False)
        unless_well = isinstance(keep, dict) and keep.get("SuccessfulExit") is False
        again = code != 0 if unless_well else bool(keep)
        self.wanted = self.wanted or (again and not self.leaving)
        self.due = self.began + self.plist.get("ThrottleInterval", DEFAULT_THROTTLE)

    def stop(self) -> None:
        """Ask it to end; `tick` makes it after ExitTimeOut."""
        if self.process and not self.kill_at:
            self.process.terminate()
            self.kill_at = time.monotonic() + self.plist.get("ExitTimeOut", DEFAULT_EXIT_TIMEOUT)

    def tick(self) -> None:
        """Collect, kill, start: whatever is due."""
        now = time.monotonic()
        if self.process:
            code = self.process.poll()
            if code is not None:
                self.ended(code if code >= 0 else -code)
            elif self.kill_at and now > self.kill_at:
                self.process.kill()
        elif self.wanted and now >= self.due and not self.leaving:
            self.start()

    def text(self) -> str:
        """What `launchctl print` shows, as far as anybody reads it."""
        state = "running" if self.process else "spawn scheduled" if self.wanted else "not running"
        lines = [f"path = {self.path}", "type = LaunchAgent", f"state = {state}", f"runs = {self.runs}"]
        lines += [f"pid = {self.process.pid}"] if self.process else []
        lines += [f"last exit code = {self.code}", "endpoints = {", "\tstate = active", "}"]
        body = "".join(f"\t{line}\n" for line in lines)
        return f"{self.domain}/{self.plist['Label']} = {{\n{body}}}\n"


def end_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
