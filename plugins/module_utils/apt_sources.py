"""What apt keeps on this host of the repositories that a .sources file names."""

from __future__ import annotations

import re
from pathlib import Path

LISTS = Path("/var/lib/apt/lists")


def traces_of(source: Path, lists: Path = LISTS) -> list[Path]:
    """The lists that apt keeps of the repositories in a .sources file."""
    if source.suffix != ".sources" or not source.exists():
        return []
    found = re.findall(r"^(URIs|Suites): *(\S+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    places = [value for field, value in found if field == "URIs"]
    suites = [value for field, value in found if field == "Suites"]
    return [
        path
        for uri, suite in zip(places, suites, strict=True)
        for path in sorted(lists.glob(f"{list_name(uri)}_dists_{suite}_*"))
    ]


def list_name(uri: str) -> str:
    """How apt names the lists of a repository: without the scheme, with `_` for `/` and `%5f` for `_`."""
    place = re.sub(r"^[a-z+]+:(?://(?:[^/@]*@)?)?", "", uri.rstrip("/"))
    return re.sub(r"[_%~ ]", lambda found: f"%{ord(found[0]):02x}", place).replace("/", "_")
