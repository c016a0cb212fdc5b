"""The containers of a stack by `docker compose`: brings them up, says which differ and why they fail."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.container import PROJECT, Container, container

# The end of the names of services in the profile `workers`.
MORE = "-more"
LOG_LINES = 20
# Seconds of everything that does not wait for a service.
SHORT = 60
MISSING_IMAGE = re.compile(
    r"pull access denied|manifest unknown|failed to resolve|dial tcp|no such image", re.I
)


class DockerError(Exception):
    """What Docker or compose could not do; `hint` is a command to paste, `log` the last lines."""

    def __init__(self, message: str, hint: str = "", log: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.log = list(log)


@dataclass(frozen=True)
class Compose:
    """A project: its file, the file of its variables, and its name."""

    file: str
    env_file: str
    project: str

    def run(self, *words: str, seconds: float = SHORT) -> str:
        """What `docker compose WORDS` prints; DockerError with what it complained of."""
        return run(self.argv(*words), seconds)

    def argv(self, *words: str) -> list[str]:
        """The command line of `docker compose WORDS`."""
        return ["docker", "compose", "--env-file", self.env_file, "--file", self.file, "--ansi=never", *words]

    def profiles(self) -> list[str]:
        """Those of the stack itself, as its variables name them."""
        text = Path(self.env_file).read_text(encoding="utf-8")
        found = re.search(r"^COMPOSE_PROFILES='?([^'\n]*)", text, re.M)
        return [one for one in found[1].split(",") if one] if found else []

    def containers(self) -> list[Container]:
        """Every container of the project, running or not, in no order."""
        listed = run(["docker", "ps", "-aq", "--no-trunc", "--filter", f"label={PROJECT}={self.project}"])
        if not listed.split():
            return []
        return [container(one) for one in json.loads(run(["docker", "inspect", *listed.split()]))]

    def hashes(self) -> dict[str, str]:
        """Compose's checksum of each service that it would start now."""
        lines = self.run("config", "--hash", "*").splitlines()
        return {name: checksum for name, _, checksum in (line.partition(" ") for line in lines)}

    def differing(self, names: Sequence[str] = ()) -> list[str]:
        """Services that do not run, or not as they are described now, of `names` when any are given.

        Before the first run nothing is described: then it is all of them.
        """
        if not Path(self.env_file).exists():
            return list(names) or ["every service"]
        here = {one.service: one for one in self.containers()}
        wanted = {name: each for name, each in self.hashes().items() if name in (names or (name,))}
        return sorted(
            name
            for name, checksum in wanted.items()
            if name not in here or here[name].state != "running" or here[name].hash != checksum
        )

    def up(self, names: Sequence[str], seconds: int) -> list[str]:
        """Make and start what differs, wait until all of it is healthy; the services that changed.

        DockerError names the first service that did not become healthy.
        """
        here = self.containers()
        before = {one.id: one.started for one in here}
        paused = [one for one in here if one.state == "paused" and one.service in (names or (one.service,))]
        if paused:
            run(["docker", "unpause", *(one.id for one in paused)])
        words = ["up", "--detach", "--wait", f"--wait-timeout={seconds}", "--quiet-pull", "--remove-orphans"]
        try:
            # Workers that somebody has added by hand change with the others.
            added = any(one.service.endswith(MORE) for one in here)
            # A profile that is named takes the place of those that the variables name.
            profiles = ["workers", *self.profiles()] if added else []
            options = [f"--profile={one}" for one in profiles]
            self.run(*options, *words, *names, seconds=seconds + 900)
        except DockerError as error:
            raise self._explained(error, names) from error
        after = self.containers()
        gone = set(before) - {one.id for one in after}
        changed = {one.service for one in after if before.get(one.id) != one.started}
        changed |= {one.service for one in paused}
        return sorted(changed) + [f"container {one[:12]}" for one in sorted(gone) if not changed]

    def forget_images(self) -> None:
        """Remove images of the application that no container has; one that Docker wants to keep stays."""
        names = run(["docker", "image", "ls", self.project, "--format", "{{.Repository}}:{{.Tag}}"]).split()
        used = {one.image for one in self.containers()}
        for name in set(names) - used:
            run(["docker", "image", "rm", name], failing=True)

    def _explained(self, error: DockerError, names: Sequence[str]) -> DockerError:
        """Why compose gave up: a container that fails says it better, of those that were to start."""
        for one in self.containers():
            if names and one.service not in names:
                continue
            if one.state != "running" or one.health == "unhealthy" or one.restarts:
                log = run(["docker", "logs", "--tail", str(LOG_LINES), one.id], both=True).splitlines()
                what = f"is {one.state}" if one.state != "running" else "is unhealthy"
                what = f"ended {one.restarts} times and was started again" if one.restarts else what
                why = f": {one.said}" if one.said and one.health == "unhealthy" else ""
                if one.state != "created":
                    return DockerError(f"the container of {one.service} {what}{why}", "", log)
        if MISSING_IMAGE.search("\n".join(error.log)):
            return DockerError(
                f"an image of compose/compose.yaml is not on this machine, and no registry gives it: {error}",
                "./inv images",
                error.log,
            )
        return error


@functools.cache
def building() -> Mapping[str, str]:
    """Without the plugin buildx, whose absence ends newer clients, the engine builds by itself."""
    try:
        found = subprocess.run(
            ["docker", "buildx", "version"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError:
        return {}
    return {} if found.returncode == 0 else {"DOCKER_BUILDKIT": "0"}


def run(argv: Sequence[str], seconds: float = SHORT, both: bool = False, failing: bool = False) -> str:
    """What a command prints, with its complaints when `both`; DockerError unless it may be `failing`."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if both else subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            env={**os.environ, **building()},
        )
    except FileNotFoundError:
        raise DockerError("`docker` is not installed on this machine", "command -v docker") from None
    except subprocess.TimeoutExpired:
        raise DockerError(f"`{' '.join(argv[:3])}` gave no answer within {seconds:g} s") from None
    if done.returncode and not failing:
        lines = [line.strip() for line in (done.stderr or done.stdout or "").splitlines() if line.strip()]
        said = lines[-1] if lines else f"it ended with status {done.returncode}"
        raise DockerError(said, "docker info", lines[-LOG_LINES:])
    return done.stdout
