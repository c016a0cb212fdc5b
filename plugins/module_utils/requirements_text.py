"""Reads the text of requirements files and locks, as pip and uv write them, package by package."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NAME = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^]]*\])?\s*(?P<rest>.*)", re.S
)
EXACT = re.compile(r"===?\s*(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)\s*(?:;.*)?", re.S)
HASH = re.compile(r"\s--hash[= ](\S+)")


@dataclass(frozen=True)
class Line:
    """One requirement or option; `name` is normalised ("" for options, paths and URLs without a name).

    `version` is "" unless the requirement is for exactly one; `text` is the line, with its hashes.
    """

    text: str
    name: str = ""
    version: str = ""
    hashed: bool = False

    @property
    def is_option(self) -> bool:
        return self.text.startswith("-")


def lines(text: str) -> list[Line]:
    """Every requirement and option of the text; lines that go on behind a backslash are one."""
    found = []
    for joined in re.sub(r"[ \t]*\\\r?\n\s*", " ", text).splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", joined).strip()
        if line:
            found.append(_line(line))
    return found


def _line(text: str) -> Line:
    plain = HASH.sub("", text).strip()
    parts = NAME.fullmatch(plain)
    if plain.startswith("-") or parts is None or re.match(r"[/\\:]", parts["rest"]):
        return Line(text)
    exact = EXACT.fullmatch(parts["rest"])
    return Line(
        text, normalised(parts["name"]), exact["version"] if exact else "", HASH.search(text) is not None
    )


def normalised(name: str) -> str:
    """The one spelling of a package's name: `Foo_Bar` is `foo-bar`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_lock(given: Iterable[Line]) -> bool:
    """Whether it names everything that is needed: pip takes hashes only where every package has one.

    What only pins versions often leaves out what these packages need themselves.
    """
    packages = [line for line in given if not line.is_option]
    return bool(packages) and all(line.version and line.hashed for line in packages)


def are_hashed(given: Iterable[Line]) -> bool:
    """Whether every requirement has a hash, so that uv can be told to insist on them."""
    return all(line.hashed for line in given if not line.is_option)


def joined(given: Iterable[Line]) -> str:
    """The lines as the text of a requirements file."""
    return "".join(f"{line.text}\n" for line in given)
