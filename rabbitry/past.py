"""What was in use of an application on a host, since when, and what it can go back to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rabbitry.errors import Fault

# Digits of a digest that people are shown; it can be given back as it is.
SHORT = 8
HEAD = ("", "host", "release", "environment", "since", "by", "")

Pair = dict[str, str]


@dataclass(frozen=True)
class Use:
    """A release that was put in use with an environment; `kept`: both are still on the host."""

    release: str
    venv: str
    since: float
    by: str
    run: str
    failed: str
    kept: bool

    @property
    def pair(self) -> Pair:
        return {"release": self.release, "venv": self.venv}


@dataclass(frozen=True)
class Past:
    """The uses of one application on one host, oldest first, and the pair that a roll back leads to."""

    uses: tuple[Use, ...]
    before: Pair | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Past:
        """From what the host tells: {"uses": [...], "before": pair | None}."""
        return cls(tuple(Use(**use) for use in told["uses"]), told["before"])

    @property
    def current(self) -> Use | None:
        """What is in use."""
        return next((use for use in reversed(self.uses) if not use.failed), None)

    def to(self, digest: str) -> Pair | None:
        """The newest pair with a release, by the beginning of its digest; None when it is not kept."""
        found = [use.pair for use in self.uses if use.release.startswith(digest) and use.kept]
        return found[-1] if digest and found else None


def targets(pasts: Mapping[str, Past], to: str, option: str) -> tuple[dict[str, Pair], list[Fault]]:
    """Which pair each host goes back to, and why others cannot; a host that has it in use is left out."""
    pairs, faults = {}, []
    for host, past in pasts.items():
        pair = past.to(to) if to else past.before
        if pair is None:
            what = f"has no release `{to}`" if to else "has no release from before this one"
            faults.append(Fault(f"host {host} {what}", f"./inv rollback --list{option}"))
        elif past.current is None or past.current.pair != pair:
            pairs[host] = pair
    return pairs, faults


def rows(pasts: Mapping[str, Past]) -> list[tuple[str, ...]]:
    """The history of every host for people, newest first; HEAD names the columns."""
    return [row for host, past in pasts.items() for row in _rows(host, past)]


def _rows(host: str, past: Past) -> Iterator[tuple[str, ...]]:
    for use in reversed(past.uses):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(use.since))
        state = "" if use.kept else "no longer on the host"
        state = f"taken back: {use.failed}" if use.failed else state
        mark = "*" if use is past.current else ""
        yield (mark, host, use.release[:SHORT], use.venv[:SHORT], when, use.by, state)
