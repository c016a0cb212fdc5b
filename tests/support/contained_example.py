"""An example of examples/ on a stack in containers, with the face that it has on a test host."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.support.contained import Contained
from tests.support.docker import Result, docker, run
from tests.support.example import ASK, SMOKE, Example
from tests.support.repository import ROOT

BROKER, PROGRAMS = "rabbitmq-server", "stack-worker-default"
# Programs of the broker's own container; everything else is the application's.
CONTROL = "rabbitmqctl"


@dataclass(frozen=True)
class Containers:
    """Where commands run that a host would run: in the container that has their programs."""

    stack: Contained

    def run(
        self,
        command: str | Sequence[str],
        *,
        seconds: float = 60,
        check: bool = True,
        user: str = "",
        cwd: str = "/",
    ) -> Result:
        """Run a shell line or an argument list; the application's account is that of its container."""
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        service = BROKER if CONTROL in (words[0], str(command).partition(" ")[0]) else PROGRAMS
        container = self.stack.containers()[service]["Id"]
        options = ["-w", cwd, *(["-u", user] if user else [])]
        return docker("exec", *options, container, *words, seconds=seconds, check=check)

    def read(self, path: str) -> str:
        """A file of the application's container."""
        return self.run(["cat", path]).out


@dataclass(frozen=True)
class ContainerService:
    """A service of the stack, as tests/support/service.py has it of a host."""

    stack: Contained
    name: str

    def pid(self) -> int:
        """The number of its first process on this machine."""
        return int(self.stack.containers()[self.name]["State"]["Pid"])

    def logs(self, lines: int = 30) -> str:
        """Its last log lines."""
        return docker("logs", "--tail", str(lines), self.stack.containers()[self.name]["Id"]).text


class ContainedExample(Example):
    """One example alone on a stack in containers; everything that tests ask of one on a host."""

    # `checkout` is the stack in containers, whose verbs run on this machine.
    checkout: Contained  # type: ignore[assignment]

    @classmethod
    def write(cls, folder: Path, name: str, **decisions: object) -> ContainedExample:
        """Write an inventory of the example's decisions, on free ports."""
        place = ROOT / "examples" / name
        text = (place / f"group_vars/{name}.yml").read_text(encoding="utf-8")
        own = yaml.safe_load(text.replace("{{ inventory_dir }}", str(place)))
        return cls(Contained.write(folder, **{**own, **decisions}), name)  # type: ignore[arg-type]

    @cached_property
    def host(self) -> Containers:  # type: ignore[override]
        return Containers(self.checkout)

    @property
    def flower_port(self) -> int:
        stack = json.loads(self.checkout.environment.stack.read_text(encoding="utf-8"))
        port: int = stack["apps"][0]["flower"]["port"]
        return port

    def flower(self, path: str, body: str = "") -> Any:
        secret = str(self.checkout.environment.state / "secrets/flower")
        words = [f"http://127.0.0.1:{self.flower_port}{path}", body, secret]
        return json.loads(run([sys.executable, "-c", ASK, *words], seconds=30).out)

    def node(self, worker: str) -> str:
        return f"{worker}@stack-worker-{worker}"

    def inv(self, verb: str, *arguments: str, seconds: float = SMOKE, check: bool = True) -> Result:
        on = ["--on", "compose"] if verb == "up" else []
        return self.checkout.inv(verb, *on, *arguments, seconds=seconds, check=check)

    def changed(self) -> int:
        return len(self.checkout.changed())

    def service(self, kind: str, worker: str = "") -> ContainerService:  # type: ignore[override]
        return ContainerService(self.checkout, "-".join(part for part in ("stack", kind, worker) if part))
