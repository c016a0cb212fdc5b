"""Starts test hosts: Debian in a container, with systemd as its init system or with none."""

from __future__ import annotations

import functools
import json
import os
import shlex
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from tests.support import images
from tests.support.docker import CommandFailed, Result, docker
from tests.support.wait import wait_until

Boot = Literal["systemd", "noinit"]

# Downloads of uv and pip, shared by all hosts of all runs: the stack's tests do not test the network.
CACHE_VOLUME = "rabbitry-test-cache"
OWNER_LABEL = "rabbitry.owner"
SYSTEMD_STATES = ("running", "degraded")


@dataclass(frozen=True)
class Host:
    """A running test host. Commands run in it as root, in its checkout's folder when `cwd` says so."""

    name: str
    suite: images.Suite
    boot: Boot

    @classmethod
    def start(
        cls,
        suite: images.Suite,
        boot: Boot,
        *,
        label: str = "host",
        extra: tuple[str, ...] = (),
        owner: int | None = None,
        options: Sequence[str] = (),
    ) -> Host:
        """Start a fresh host whose package and download caches are warm; wait until it has booted.

        `extra` are packages that it has beyond a bare machine's, `options` further ones of `docker run`.
        When the process `owner` (this one; 0: none) is gone, the next run removes the host.
        """
        image = images.ensure(suite, extra)
        _remove_orphans()
        owner = os.getpid() if owner is None else owner
        name = f"rabbitry-{label}-{suite}-{boot}-{uuid.uuid4().hex[:6]}"
        host = cls(name, suite, boot)
        common = f"run -d --name {name} --hostname web1 --label {OWNER_LABEL}={owner}".split()
        common += ["--tmpfs", "/run", "--tmpfs", "/tmp:exec", "-v", f"{CACHE_VOLUME}:/root/.cache"]
        common += options
        common += ["-e", "UV_LINK_MODE=copy"]  # the volume is another file system: uv would warn on each link
        try:
            if boot == "systemd":
                docker(
                    *common, *_systemd_options(), "--tmpfs", "/run/lock", "--stop-signal", "SIGRTMIN+3", image
                )
            else:
                docker(*common, "--init", image, "sleep", "infinity")
            host.wait_booted()
        except AssertionError:
            host.remove()
            raise
        return host

    def run(
        self,
        command: str | Sequence[str],
        *,
        seconds: float = 60,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        user: str = "root",
        cwd: str = "/root",
        stdin: str | IO[bytes] | None = None,
    ) -> Result:
        """Run a shell line or an argument list in the host, killed with its children after `seconds`."""
        arguments = ["sh", "-c", command] if isinstance(command, str) else list(command)
        options = ["-i"] if stdin is not None else []
        for key, value in (env or {}).items():
            options += ["-e", f"{key}={value}"]
        inside = ["timeout", "--kill-after=5", f"{seconds:g}", *arguments]
        # The deadline inside the host counts; the outer one is for a daemon that keeps the pipe open.
        return docker(
            "exec",
            *options,
            "-u",
            user,
            "-w",
            cwd,
            self.name,
            *inside,
            seconds=seconds + 15,
            check=check,
            stdin=stdin,
        )

    def script(self, source: str, *arguments: str, seconds: float = 60) -> Any:
        """Run Python source (standard library only) in the host; return the JSON document it prints."""
        return json.loads(self.run(["python3", "-", *arguments], stdin=source, seconds=seconds).out)

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Write a file of root's."""
        quoted = shlex.quote(path)
        self.run(f'mkdir -p "$(dirname {quoted})" && cat > {quoted} && chmod {mode} {quoted}', stdin=text)

    def read(self, path: str) -> str:
        """Return a file's text; CommandFailed when there is none."""
        return self.run(["cat", path]).out

    def exists(self, path: str) -> bool:
        """Say whether there is anything at `path`."""
        return self.run(["test", "-e", path], check=False).rc == 0

    def copy_in(self, source: Path, target: str) -> None:
        """Copy a local file or folder into the host, owned by root."""
        docker("cp", str(source), f"{self.name}:{target}", seconds=120)
        self.run(["chown", "-R", "root:root", target])

    def reboot(self) -> None:
        """Stop everything in the host as a shutdown does, start it again, and wait until it has booted."""
        docker("restart", "-t", "60", self.name, seconds=120)
        self.wait_booted()

    def wait_booted(self) -> None:
        """Wait until the init system has started what it starts at boot; nothing to wait for without one."""
        if self.boot == "noinit":
            wait_until(lambda: self.run(["true"], check=False).rc == 0, 20, f"{self.name} takes commands")
            return
        state = ["systemctl", "is-system-running"]
        wait_until(
            lambda: self.run(state, check=False).out.strip() in SYSTEMD_STATES, 60, f"{self.name} has booted"
        )

    def remove(self) -> None:
        """Remove the host and all that it held."""
        docker("rm", "-f", "-v", self.name, check=False)


def _systemd_options() -> list[str]:
    """Return what lets systemd run in a container, by the machine's cgroup version, and nothing beyond."""
    if Path("/sys/fs/cgroup/unified").is_dir():
        # Never the whole /sys/fs/cgroup: the guest's systemd would remount the machine's own read-only.
        cgroups = ["--cgroupns=host", "-v", "/sys/fs/cgroup/unified:/sys/fs/cgroup:rw"]
        # SYS_PTRACE: the sandbox of Debian's redis-server unit cannot be set up without it.
        return ["--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", *cgroups, "-e", "container=docker"]
    return ["--privileged", "--cgroupns=private", "-e", "container=docker"]


@functools.cache
def _remove_orphans() -> None:
    """Remove the hosts of test runs that were killed: their process is gone, their containers are not."""
    listed = docker(
        "ps",
        "-a",
        "--filter",
        f"label={OWNER_LABEL}",
        "--format",
        f'{{{{.Names}}}} {{{{.Label "{OWNER_LABEL}"}}}}',
    )
    for line in listed.out.splitlines():
        name, _, pid = line.partition(" ")
        if pid != "0" and not Path(f"/proc/{pid}").exists():
            docker("rm", "-f", "-v", name, check=False)


__all__ = ["Boot", "CommandFailed", "Host", "Result"]
