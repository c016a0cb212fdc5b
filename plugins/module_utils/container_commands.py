"""Runs commands, migrations say, in a container of an application's new image before any other has it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files, release_commands
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import Compose, building, run

Release = Mapping[str, Any]


@dataclass(frozen=True)
class Container:
    """Where commands run: a container beside those of the service, which goes when its command has ended."""

    compose: Compose
    service: str
    home: str
    user: str
    environment_file: str
    """As it is on this machine; in the container it is at `mounted`."""
    mounted: str
    seconds: int

    @property
    def name(self) -> str:
        return f"{self.compose.project}-release-{self.service}"

    def argv(self, command: Sequence[str]) -> list[str]:
        shell = release_commands.shell(self.mounted, f"{self.home}/current", Path(self.home) / "venv")
        words = ["run", "--rm", "--no-deps", "-T", "--name", self.name, "--env", "PYTHONUNBUFFERED=1"]
        return [*self.compose.argv(*words, self.service), *shell, *command]

    def options(self) -> dict[str, Any]:
        return {"env": {**os.environ, **building()}}

    def end(self) -> None:
        """Its client has ended, and not the container."""
        run(["docker", "rm", "--force", self.name], failing=True)


def due(record: Path, releases: Sequence[Release]) -> list[Release]:
    """Those of the applications' commands that did not run in their image yet."""
    known = _recorded(record)
    return [one for one in releases if one["commands"] and known.get(one["label"]) != _mark(one)]


def run_due(compose: Compose, record: Path, releases: Sequence[Release]) -> None:
    """Run them in their order and remember each application's; DeploymentError for the first that fails."""
    for one in due(record, releases):
        place = Container(
            compose,
            one["service"],
            one["home"],
            one["account"],
            one["environment_file"],
            one["mounted"],
            int(one["seconds"]),
        )
        release_commands.run_all([release_commands.words_of(each) for each in one["commands"]], place)
        text = json.dumps({**_recorded(record), one["label"]: _mark(one)})
        files.write(record, text.encode(), 0o640)


def _recorded(record: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    return found


def _mark(release: Release) -> list[str]:
    """What tells whether commands are due again, without their words."""
    commands = [release_commands.words_of(each) for each in release["commands"]]
    return release_commands.marks(release["image"], commands)
