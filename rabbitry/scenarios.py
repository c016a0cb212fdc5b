"""Which scenarios the roles have, on which platforms each of them runs, and which are the quick choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import yaml

from rabbitry.environment import ROOT
from rabbitry.errors import StackError

DEFAULT = "default"


@dataclass(frozen=True)
class Run:
    """A scenario of a role on one platform; `may_fail`: a failure there is told, and fails nothing."""

    role: str
    scenario: str
    platform: str
    may_fail: bool = False

    def __str__(self) -> str:
        return f"{self.role}/{self.scenario} on {self.platform}"

    @property
    def command(self) -> str:
        """What runs exactly this again and keeps its host."""
        return f"./inv molecule {self.role} --scenario {self.scenario} --platform {self.platform} --keep"


def platforms(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """The rows of tests/molecule/platforms.yml by name."""
    found: dict[str, dict[str, Any]] = _load(root / "tests/molecule/platforms.yml")
    return found


def every(root: Path = ROOT) -> list[Run]:
    """Every scenario on every platform that it names, or else on those that take its kind."""
    rows, runs = platforms(root), []
    for file in sorted(root.glob("roles/*/molecule/*/molecule.yml")):
        role, scenario = file.parts[-4], file.parts[-2]
        kind = DEFAULT if scenario == DEFAULT else "options"
        names = _named(file) or [name for name, row in rows.items() if kind in row["scenarios"]]
        if unknown := [name for name in names if name not in rows]:
            raise StackError(f"{file.relative_to(root)} names no platform `{unknown[0]}`: {_list(rows)}")
        runs += [Run(role, scenario, name, rows[name].get("may_fail", False)) for name in names]
    return runs


def quick(root: Path = ROOT) -> list[Run]:
    """Each role's default scenario on one platform, spread over those that must not fail."""
    runs = [run for run in every(root) if run.scenario == DEFAULT and not run.may_fail]
    roles = sorted({run.role for run in runs})
    names = cycle(dict.fromkeys(run.platform for run in runs))
    # Neighbours in the alphabet land on different platforms.
    return [run for role, name in zip(roles, names, strict=False) for run in runs if _is(run, role, name)]


def choose(role: str = "", scenario: str = "", platform: str = "", root: Path = ROOT) -> list[Run]:
    """The runs that the words ask for; a platform may be one on which the scenario does not run by itself."""
    rows, runs = platforms(root), every(root)
    _known("role", role, [run.role for run in runs])
    runs = [run for run in runs if run.role == role or not role]
    _known("scenario", scenario, [run.scenario for run in runs])
    runs = [run for run in runs if run.scenario == scenario or not scenario]
    _known("platform", platform, list(rows))
    if platform:
        pairs = dict.fromkeys((run.role, run.scenario) for run in runs)
        runs = [Run(*pair, platform, rows[platform].get("may_fail", False)) for pair in pairs]
    return runs


def _named(file: Path) -> list[str]:
    """The platforms that a scenario names itself."""
    document = _load(file) or {}
    variables = document.get("provisioner", {}).get("inventory", {}).get("group_vars", {}).get("all", {})
    names: list[str] = variables.get("scenario_platforms", [])
    return names


def _is(run: Run, role: str, platform: str) -> bool:
    return (run.role, run.platform) == (role, platform)


def _known(kind: str, word: str, words: Sequence[str]) -> None:
    if word and word not in words:
        raise StackError(f"no {kind} `{word}`: there is {_list(words)}", "ls -d roles/*/molecule/*")


def _list(words: Sequence[str] | dict[str, Any]) -> str:
    return ", ".join(f"`{word}`" for word in dict.fromkeys(words))


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
