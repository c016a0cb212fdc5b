"""Reads platforms.yml: which hosts scenarios run on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.hosts import Boot
from tests.support.images import Suite

FILE = Path(__file__).with_name("platforms.yml")


@dataclass(frozen=True)
class Platform:
    """One row of platforms.yml; `name` is what `--platform` takes."""

    name: str
    suite: Suite
    boot: Boot
    scenarios: tuple[str, ...]
    needs: str = ""
    may_fail: bool = False


def platforms() -> dict[str, Platform]:
    """Return all of them by name, in the file's order."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        name: Platform(name, **{**row, "scenarios": tuple(row["scenarios"])}) for name, row in rows.items()
    }
