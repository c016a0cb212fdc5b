"""Remembers with which files a service was started, so that only a real change restarts it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.service import RUN, Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import State

STARTED = Path(RUN) / "started"
SLACK = 0.02  # the start of a process is known to 10 ms
SAME = 2  # and computed from two clocks that drift


def watched(service: Service) -> list[Path]:
    """The paths whose content the running process was started with."""
    own = [service.environment_file] if service.environment_file else []
    return [Path(path) for path in dict.fromkeys([*own, *service.watch])]


def digest(service: Service, texts: Mapping[str, str]) -> str:
    """A digest of the service's own files (text by path) and of everything that it watches."""
    sums = {path: files.digest(text.encode()) for path, text in texts.items()}
    sums |= {str(path): _content(path) for path in watched(service)}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def outdated(service: Service, texts: Mapping[str, str], state: State, root: Path = STARTED) -> bool:
    """Whether the running process was started with other files than those that are there now.

    A process that is not the recorded one (a crash, a reboot, someone's restart) has read the files as they
    were when it started: it is outdated when one of them changed later.
    """
    known = _read(root, service.name)
    if _same(known, state):
        return bool(known.get("digest") != digest(service, texts))
    paths = [*map(Path, texts), *watched(service)]
    return any(_changed(path) > state.since + SLACK for path in paths)


def record(service: Service, texts: Mapping[str, str], state: State, root: Path = STARTED) -> None:
    """Note that this process runs with the files as they are now."""
    known = {"pid": state.pid, "since": state.since, "digest": digest(service, texts)}
    old = _read(root, service.name)
    if not _same(old, state) or old.get("digest") != known["digest"]:
        files.make_directories(root)
        files.write(root / f"{service.name}.json", json.dumps(known).encode(), 0o600)


def forget(name: str, root: Path = STARTED) -> None:
    """Drop what is known of a service."""
    (root / f"{name}.json").unlink(missing_ok=True)
    if root.is_dir() and not any(root.iterdir()):
        root.rmdir()


def _same(known: Mapping[str, Any], state: State) -> bool:
    return bool(known.get("pid") == state.pid and abs(known.get("since", 0) - state.since) < SAME)


def _read(root: Path, name: str) -> dict[str, Any]:
    content = files.read(root / f"{name}.json")
    try:
        known = json.loads(content or b"{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _content(path: Path) -> str:
    """A file's digest; a link counts by where it leads, a directory by all that it holds."""
    link = str(path.resolve()) if path.is_symlink() else ""
    if path.is_file():
        return link + files.digest(path.read_bytes())
    if link or not path.is_dir():
        return link
    inside = (p for p in sorted(path.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)
    return files.digest("".join(f"{p}\0{files.digest(p.read_bytes())}\n" for p in inside).encode())


def _changed(path: Path) -> float:
    """When a path last changed, seconds since 1970, 0 when it is not there."""
    times = [stat.st_ctime for stat in (_stat(path, False), _stat(path, True)) if stat]
    if path.is_dir() and not path.is_symlink():
        times += [p.lstat().st_ctime for p in path.rglob("*") if "__pycache__" not in p.parts]
    return max(times, default=0)


def _stat(path: Path, follow: bool) -> os.stat_result | None:
    try:
        return path.stat(follow_symlinks=follow)
    except FileNotFoundError:
        return None
