"""A controller and the hosts that it enters by ssh: containers on a network of their own, with names."""

from __future__ import annotations

import json
import os
import re
import shlex
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.checkout import CLONE as ROOTS_CLONE
from tests.support.checkout import ENVIRONMENT, Checkout
from tests.support.docker import docker
from tests.support.hosts import OWNER_LABEL, Boot, Host, Result
from tests.support.images import Suite
from tests.support.snapshot import Snapshot

# Nobody on the controller is root: whoever enters a host needs no rights at home.
USER = "me"
HOME = f"/home/{USER}"
CLONE = f"{HOME}/rabbitry"
PASSWORD = "open sesame"
# Who may enter the hosts: by sudo with a password, without one, and not at all.
SUDOERS = {"deploy": "ALL=(ALL) ALL", "ops": "ALL=(ALL) NOPASSWD: ALL", "guest": ""}

# What a visit by ssh leaves: the diaries of logins, and that sudo has given its lecture.
VISIT = ("/var/lib/sudo", "/home", "/var/log/wtmp.db", "/var/lib/lastlog")
# Processes are left out: Ansible keeps its connections for a while.
KEPT = ("packages", "users", "groups", "files", "units", "ports")

# Runs a command on a terminal and answers what it asks: `prompt`, answers as JSON, command.
TERMINAL = """
import json, os, pty, sys
prompt, answers, command = sys.argv[1].encode(), json.loads(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
heard = b""
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    os.write(1, chunk)
    heard += chunk
    if prompt in heard and answers:
        heard = b""
        os.write(terminal, answers.pop(0).encode() + b"\\n")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@dataclass(frozen=True)
class Site:
    """`controller` has the clone at `CLONE`, as its user `USER` has it; `targets` are by their names."""

    controller: Host
    targets: dict[str, Host]

    @property
    def hosts(self) -> list[Host]:
        """Every host of it: what a failed test collects evidence from."""
        return [*self.targets.values(), self.controller]

    def inv(self, *arguments: str, seconds: float = 120, check: bool = True) -> Result:
        """Run a verb on the controller, without a terminal."""
        return self.run(["./inv", *arguments], seconds=seconds, check=check)

    def typed(
        self, *arguments: str, answers: Sequence[str], seconds: float = 120, check: bool = True
    ) -> Result:
        """Run a verb on a terminal of the controller, where each question for a password gets an answer."""
        script = ["python3", "-c", TERMINAL, "sudo password", json.dumps(list(answers))]
        return self.run([*script, "./inv", *arguments], seconds=seconds, check=check)

    def run(self, command: str | Sequence[str], *, seconds: float = 60, check: bool = True) -> Result:
        """Run something as the controller's user, in the clone."""
        environment = {**ENVIRONMENT, "HOME": HOME, "TERM": "dumb"}
        return self.controller.run(
            command, seconds=seconds, check=check, env=environment, user=USER, cwd=CLONE
        )

    def write(self, path: str, text: str) -> None:
        """Write a file of the user's, below the clone."""
        self.controller.write(f"{CLONE}/{path}", text)
        self.controller.run(["chown", f"{USER}:", f"{CLONE}/{path}"])

    def changed(self, env: str) -> int:
        """Return how many tasks of the newest run of `site` changed something, on all hosts together."""
        return Checkout(self.controller).changed(env, clone=CLONE)


@contextmanager
def site(suite: Suite, names: Sequence[str], *, label: str = "ssh") -> Iterator[Site]:
    """Start a controller and the hosts `names`, known to it by key and name; remove all of it afterwards."""
    _remove_orphans()
    network = f"rabbitry-{label}-{uuid.uuid4().hex[:6]}"
    docker("network", "create", "--label", f"{OWNER_LABEL}={os.getpid()}", network)
    hosts: list[Host] = []
    try:

        def start(name: str) -> Host:
            package = "openssh-server" if name in names else "openssh-client"
            boot: Boot = "systemd" if name in names else "noinit"
            options = ("--network", network, "--network-alias", name, "--hostname", name)
            host = Host.start(suite, boot, label=label, extra=(package,), options=options)
            hosts.append(host)
            return host

        with ThreadPoolExecutor(4) as pool:
            controller, *targets = pool.map(start, ["controller", *names])
        built = Site(controller, dict(zip(names, targets, strict=True)))
        _settle(built)
        for name, host in built.targets.items():
            _admit(built, name, host)
        yield built
    finally:
        for host in hosts:
            host.remove()
        docker("network", "rm", network, check=False)


def _remove_orphans() -> None:
    """Remove the networks of test runs that were killed; their hosts are removed by the next host's start."""
    shown = f'{{{{.Name}}}} {{{{.Label "{OWNER_LABEL}"}}}}'
    listed = docker("network", "ls", "--filter", f"label={OWNER_LABEL}", "--format", shown)
    for line in listed.out.splitlines():
        name, _, pid = line.partition(" ")
        if not Path(f"/proc/{pid}").exists():
            docker("network", "rm", name, check=False)


def _settle(built: Site) -> None:
    """Give the controller its user with a key and a clone that is ready to run."""
    host = built.controller
    host.run(f"useradd --create-home --shell /bin/bash {USER}")
    Checkout.clone_into(host)
    host.run(
        f"mv {ROOTS_CLONE} {CLONE} && cd {CLONE} && ./inv --list && chown -R {USER}: {CLONE}", seconds=240
    )
    for name in ("id_ed25519", "stranger"):
        _as_user(host, f"mkdir -p -m 700 ~/.ssh && ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/{name}")


def _admit(built: Site, name: str, host: Host) -> None:
    """Make the users of a host, who know the controller's key, and tell the controller the host's own."""
    key = built.controller.read(f"{HOME}/.ssh/id_ed25519.pub")
    for user, rule in SUDOERS.items():
        host.run(f"useradd --create-home --shell /bin/bash {user}")
        host.run("chpasswd", stdin=f"{user}:{PASSWORD}\n")
        host.write(f"/home/{user}/.ssh/authorized_keys", key, mode="0600")
        host.run(f"chown -R {user}: /home/{user}/.ssh && chmod 700 /home/{user}/.ssh")
        if rule:
            host.write(f"/etc/sudoers.d/{user}", f"{user} {rule}\n", mode="0440")
    own = host.read("/etc/ssh/ssh_host_ed25519_key.pub").split()[:2]
    line = shlex.quote(f"{name} {' '.join(own)}")
    _as_user(built.controller, f"echo {line} >> ~/.ssh/known_hosts")


def _as_user(host: Host, line: str) -> None:
    host.run(line, user=USER, cwd=HOME, env={"HOME": HOME})


def everything(names: Sequence[str], user: str, **variables: object) -> str:
    """Return the inventory of a stack that is wholly on each of the hosts `names`, entered as `user`."""
    hosts = dict.fromkeys(names)
    groups = ("brokers", "backends", "workers", "scheduler", "dashboard")
    tree = {
        "all": {
            "vars": {"ansible_user": user, **variables},
            "children": {group: {"hosts": hosts} for group in groups},
        }
    }
    return json.dumps(tree, indent=2)


def pictures(site: Site) -> dict[str, Snapshot]:
    """What each target has now."""
    return {name: Snapshot.of(host, *VISIT) for name, host in site.targets.items()}


def differences(before: dict[str, Snapshot], now: dict[str, Snapshot]) -> list[str]:
    """What has changed on the targets, beside connections."""
    return [f"{name} {line}" for name in before for line in before[name].changes_to(now[name], *KEPT)]


def strangers(site: Site, name: str) -> list[str]:
    """Ports of a target that listen on more than loopback, with the user that holds each."""
    parts = Snapshot.of(site.targets[name], "/").parts["ports"]
    return [port for port in parts if not re.search(r"127\.0\.0\.\d+:|\[::1\]:|:22$", port)]
