"""Keeps a service from starting empty beside its data: finds data in the directories that it had before."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

# A broker unpacks its plugins beside its data, and they are no data.
NO_DATA = ("*-plugins-expand",)


class LeftBehind(Exception):
    """The service would start without its data; `hint` is a command that brings the two together."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def content(directory: Path, patterns: Sequence[str]) -> list[str]:
    """Names, sorted, of what is data in `directory`: files, and directories that are not empty.

    A pattern that ends in a slash fits directories only.
    """
    inside = sorted(directory.iterdir()) if directory.is_dir() else []
    return [
        one.name
        for one in inside
        if any(_fits(one, pattern) for pattern in patterns)
        and not any(_fits(one, pattern) for pattern in NO_DATA)
        and (one.is_file() or any(one.iterdir()))
    ]


@dataclass(frozen=True, kw_only=True)
class Data:
    """What a service's data looks like.

    `own` are patterns of names that it will open, `others` of what else is data of its kind, which it opens
    under the setting `keep` (`name: %s`); `stop` is the command that stops the service.
    """

    service: str
    own: Sequence[str]
    others: Sequence[str] = ()
    keep: str = ""
    stop: str = ""


def check(path: Path, earlier: Sequence[Path], data: Data) -> None:
    """Raise LeftBehind when `path` has no data of the service, and it or one of `earlier` has some."""
    if content(path, data.own):
        return
    for directory in dict.fromkeys((path, *earlier)):
        found = content(directory, [*data.own, *data.others])
        if found and directory == path:
            wanted = data.own[0].rstrip("/")
            message = f"`{data.service}` would start empty as `{wanted}`: `{path}` holds `{found[0]}`"
            raise LeftBehind(message, data.keep.replace("%s", found[0]))
        if found:
            old, new = shlex.quote(str(directory)), shlex.quote(str(path))
            message = (
                f"`{data.service}` would start empty in `{path}`: `{directory}` has its data (`{found[0]}`)"
            )
            raise LeftBehind(message, f"{data.stop} && mkdir -p {new} && mv {old}/* {new}/")


def recorded(ledger: Ledger) -> list[Path]:
    """The directories of data that the ledger knows, the newest first."""
    entries = [one for one in ledger.entries if one["kind"] == "directory" and one.get("data")]
    return [Path(one["name"]) for one in reversed(entries)]


def record(ledger: Ledger, paths: Sequence[Path]) -> None:
    """Note that `paths` hold data, which goes with the service; forget those that have gone."""
    for path in recorded(ledger):
        if path not in paths and not path.exists():
            ledger.forget("directory", str(path))
    for path in paths:
        known = ledger.find("directory", str(path)) or {}
        if not known.get("data"):
            facts = {key: value for key, value in known.items() if key not in ("kind", "name")}
            ledger.record("directory", str(path), **facts, data=True)


def _fits(path: Path, pattern: str) -> bool:
    return fnmatch(path.name, pattern.rstrip("/")) and (path.is_dir() or not pattern.endswith("/"))
