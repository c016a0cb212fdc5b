"""The entries of troubleshooting/: what each README says of itself in its front matter."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from rabbitry.environment import ROOT
from rabbitry.errors import StackError

FOLDER = "troubleshooting"
# Whether `./inv fix` does it: with all others, only when it is named, or not at all.
FIXES = ("automatic", "asked", "by hand")


@dataclass(frozen=True)
class Shown:
    """Where a test sees a symptom: `command` (sh, root, in the checkout) prints `text` on a broken host."""

    command: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One known trouble. `symptoms` are literal, with `…` for what varies; `weak` are printed by healthy
    services too and count only beside nothing else; `explains` are slugs of what follows from this one."""

    slug: str
    title: str
    why: str
    severity: str
    services: tuple[str, ...]
    platforms: tuple[str, ...]
    symptoms: tuple[str, ...]
    weak: tuple[str, ...] = ()
    check: bool = True
    fix: str = "by hand"
    command: str = ""
    explains: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    because: str = ""
    """Why it is not executed by the tests, where `hosts` is empty."""
    shows: tuple[Shown, ...] = ()
    executed: str = ""
    alone: bool = False
    """Whether its check, or what brings it about, needs the rest to work: it is tried without another one."""

    @property
    def page(self) -> str:
        return f"{FOLDER}/{self.slug}/README.md"

    def remedy(self, option: str = "") -> str:
        """The command that mends it: of `./inv fix` where that does it, otherwise the entry's own."""
        return self.command if self.fix == "by hand" else f"./inv fix {self.slug}{option}"


@functools.cache
def entries(root: Path = ROOT) -> Mapping[str, Entry]:
    """Every entry by its slug, in alphabetical order; StackError names a page that cannot be read."""
    pages = sorted((root / FOLDER).glob("*/*/README.md"))
    return {entry.slug: entry for entry in map(load, pages)}


def load(page: Path) -> Entry:
    """Read the front matter of a page; StackError names the page and what is wrong with it."""
    slug = f"{page.parent.parent.name}/{page.parent.name}"
    try:
        _, matter, _ = page.read_text(encoding="utf-8").split("---\n", 2)
        return _entry(slug, yaml.safe_load(matter))
    except (ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise StackError(f"`{page}` cannot be used: {error}", f"$EDITOR {page}") from error


def _entry(slug: str, data: Any) -> Entry:
    if not isinstance(data, dict):
        raise ValueError("its front matter has no keys")
    known = {field.name for field in fields(Entry)} - {"slug"}
    if unknown := data.keys() - known:
        raise ValueError(f"unknown key `{min(unknown)}`")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    values["shows"] = tuple(Shown(**one) for one in data.get("shows", ()))
    entry = Entry(slug=slug, **values)
    if entry.fix not in FIXES:
        raise ValueError(f"fix `{entry.fix}` is none of {', '.join(FIXES)}")
    return entry
