"""A stack in containers of this machine, in an environment of its own, on ports that nobody has."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rabbitry.clients import Clients
from rabbitry.environment import Environment, find
from rabbitry.images import needed
from rabbitry.model import Stack
from tests.support.docker import Result, docker, run
from tests.support.repository import ROOT, load
from tests.support.wait import wait_until

PORTS = ("stack_amqp_port", "stack_management_port", "stack_redis_port", "stack_flower_port")
LABELS = "com.docker.compose.project", "com.docker.compose.service"
# Keeps the images that stand in for official ones: other tests need them after a destroy.
HOLDER = "rabbitry.holds-images"


def why_not() -> str | None:
    """Say in one line what is missing; None when nothing is."""
    if docker("compose", "version", check=False).rc == 0:
        return None
    return "the plugin compose of Docker is not installed: on Debian 13 apt-get install docker-compose"


@dataclass(frozen=True)
class Contained:
    """An environment of its own whose stack runs on compose."""

    inventory: Path

    @classmethod
    def write(cls, folder: Path, **decisions: object) -> Contained:
        """Write the inventory of a stack on free ports."""
        (folder / "group_vars").mkdir(parents=True)
        (folder / "group_vars/all").symlink_to(ROOT / "inventory/group_vars/all")
        name = f"contained{os.getpid()}"
        model = {**dict(zip(PORTS, free(len(PORTS)), strict=True)), **decisions}
        (folder / f"group_vars/{name}.yml").write_text(yaml.safe_dump(model), encoding="utf-8")
        inventory: dict[str, Any] = load("inventory/local.yml")
        groups = inventory["all"]["children"]["local"]
        path = folder / f"{name}.yml"
        path.write_text(yaml.safe_dump({"all": {"children": {name: groups}}}), encoding="utf-8")
        return cls(path)

    @property
    def environment(self) -> Environment:
        return find(inventory=str(self.inventory))

    @property
    def project(self) -> str:
        return f"rabbitry-{self.environment.name}"

    def inv(
        self, verb: str, *arguments: str, seconds: float = 120, check: bool = True, stdin: str | None = None
    ) -> Result:
        """Run a verb in this checkout for the environment."""
        words = [sys.executable, str(ROOT / "tasks.py"), verb, "-i", str(self.inventory), *arguments]
        return run(words, seconds=seconds, check=check, stdin=stdin)

    def changed(self) -> list[str]:
        """Return the tasks of the last run of `site` that changed something."""
        log = sorted(self.environment.log.glob("*-site.log"))[-1].read_text(encoding="utf-8")
        parts = log.split("\nTASK [")[1:]
        return [part.partition("]")[0] for part in parts if "\nchanged: [" in part]

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what Docker knows of each service's container."""
        listed = docker("ps", "-aq", "--filter", f"label={LABELS[0]}={self.project}").out.split()
        found = json.loads(docker("inspect", *listed).out) if listed else []
        return {one["Config"]["Labels"][LABELS[1]]: one for one in found}

    def exec(
        self, service: str, *words: str, seconds: float = 60, check: bool = True, stdin: str | None = None
    ) -> Result:
        """Run a command in a service's container."""
        options = ["-i"] if stdin is not None else []
        container = self.containers()[service]["Id"]
        return docker("exec", *options, container, *words, seconds=seconds, check=check, stdin=stdin)

    def crash(self, service: str) -> None:
        """End every process of a container at once, as a crash does; `docker kill` would be a stop."""
        self.exec(service, "sh", "-c", "kill -9 -1", check=False)

    def wait_healthy(self, service: str, since: Mapping[str, Any], seconds: float = 90) -> None:
        """Wait until a container that was seen before has been started again and is healthy."""

        def came_back() -> bool:
            state = self.containers()[service]["State"]
            again = state["StartedAt"] != since["State"]["StartedAt"]
            return bool(again and state.get("Health", {}).get("Status") == "healthy")

        wait_until(came_back, seconds, f"{service} is back")

    def clients(self) -> Clients:
        """Return clients of the running stack."""
        secrets = json.loads(self.environment.secrets.read_text(encoding="utf-8"))
        return Clients(Stack.load(self.environment.stack).each()[0], secrets)

    def left(self) -> dict[str, list[str]]:
        """Return what of it is still there, by kind."""
        mine = ["--filter", f"label={LABELS[0]}={self.project}"]
        names = {
            "containers": docker("ps", "-aq", *mine),
            "volumes": docker("volume", "ls", "-q", *mine),
            "networks": docker("network", "ls", "-q", *mine),
            "images": docker("image", "ls", "-q", self.project),
        }
        return {kind: found.out.split() for kind, found in names.items() if found.out.split()}

    def forget(self) -> None:
        """Remove whatever a failed test has left behind."""
        if self.left() or (self.environment.state / "compose").exists():
            self.inv("destroy", "--yes", "--on", "compose", seconds=300, check=False)
        shutil.rmtree(self.environment.state, ignore_errors=True)


@contextmanager
def held_images() -> Iterator[None]:
    """Make the images that stand in for official ones, and keep them from whoever removes a stack.

    Several runs may do so at once: one makes them, and each keeps them until it ends.
    """
    with (Path(tempfile.gettempdir()) / "rabbitry-images-of-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run([sys.executable, str(ROOT / "tasks.py"), "images"], seconds=900)
        label = f"{HOLDER}={os.getpid()}"
        held = [docker("create", "--label", label, image).out.strip() for image in needed()]
    try:
        yield
    finally:
        docker("rm", "-f", *held, *_forgotten(), check=False)


def _forgotten() -> list[str]:
    """What runs that are not there any more held."""
    form = f'{{{{.ID}}}} {{{{.Label "{HOLDER}"}}}}'
    listed = docker("ps", "-a", "--filter", f"label={HOLDER}", "--format", form).out.splitlines()
    return [one for one, pid in map(str.split, listed) if not Path("/proc", pid).exists()]


def free(count: int) -> list[int]:
    """Return ports that nobody held a moment ago."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(one.getsockname()[1]) for one in sockets]
