"""A test host behind testinfra, with the face of tests/support/hosts.py: one vocabulary for all tests."""

from __future__ import annotations

import functools
import json
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testinfra.host import Host

from tests.support.docker import CommandFailed, Result


@dataclass(frozen=True)
class Remote:
    """A host that testinfra reaches as root, by ssh or any other way."""

    host: Host

    @functools.cached_property
    def boot(self) -> str:
        """What started it: `systemd`, `launchd`, or `noinit`."""
        question = "test -x /bin/launchctl && echo launchd || test -d /run/systemd/system && echo systemd"
        return self.run(f"{question} || echo noinit").out.split()[0]

    @functools.cached_property
    def vars(self) -> dict[str, Any]:
        """Ansible's variables of this host, as the scenario gives them."""
        found: dict[str, Any] = self.host.ansible.get_variables()
        return found

    def run(
        self,
        command: str | Sequence[str],
        *,
        seconds: float = 60,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        user: str = "root",
        cwd: str = "/",
    ) -> Result:
        """Run a shell line or an argument list there, killed after `seconds`; CommandFailed when it fails."""
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        words = ["timeout", "--kill-after=5", f"{seconds:g}", *words]
        if env:
            words = ["env", *(f"{key}={value}" for key, value in env.items()), *words]
        if user != "root":
            words = ["runuser", "-u", user, "--", *words]
        start = time.monotonic()
        done = self.host.run(f"cd {shlex.quote(cwd)} && {shlex.join(words)}")
        shown = command if isinstance(command, str) else shlex.join(command)
        result = Result(shown[:2000], done.rc, done.stdout, done.stderr, time.monotonic() - start)
        if check and done.rc != 0:
            raise CommandFailed(str(result))
        return result

    def script(self, source: str, *arguments: str, seconds: float = 60, user: str = "root") -> Any:
        """Run Python source (standard library only) there; return the JSON document that it prints."""
        return json.loads(self.run(["python3", "-c", source, *arguments], seconds=seconds, user=user).out)

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Write a file of root's."""
        quoted = shlex.quote(path)
        put = f"printf %s {shlex.quote(text)} > {quoted}"
        self.run(f'mkdir -p "$(dirname {quoted})" && {put} && chmod {mode} {quoted}')

    def read(self, path: str) -> str:
        """Return a file's text; CommandFailed when there is none."""
        return self.run(["cat", path]).out

    def exists(self, path: str) -> bool:
        """Say whether there is anything at `path`."""
        return self.run(["test", "-e", path], check=False).rc == 0
