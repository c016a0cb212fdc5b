"""The end of `up --watch`: restarts the programs whose mounted code changes, until somebody has enough."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from rabbitry import containers, report
from rabbitry.environment import Environment

PAUSE = 0.5
# What editors and tools write beside code.
IGNORED = {".git", "__pycache__", ".venv", "venv", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
SUFFIXES = (".pyc", ".swp", "~", ".tmp")
# As the action `containment` mounts an application's source.
MOUNTED = "/current:ro"

Seen = dict[Path, tuple[int, int]]


def watch(environment: Environment) -> None:
    """Restart what a change concerns; returns never, an interrupt ends it and leaves the stack as it is."""
    watched = sources(environment)
    for path, services in watched.items():
        report.line(f"watching {path} for {', '.join(services)}; Ctrl-C ends it, the stack goes on")
    before = {path: look(path) for path in watched}
    while True:
        time.sleep(PAUSE)
        for path, services in watched.items():
            now = look(path)
            if changed := differing(before[path], now):
                more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
                report.line(f"{changed[0].relative_to(path)}{more}: restarting {', '.join(services)}")
                for service in services:
                    containers.restart(environment, service)
                before[path] = now


def sources(environment: Environment) -> dict[Path, list[str]]:
    """The directories of code that are mounted, each with the services that run it."""
    path = environment.state / "compose" / "programs.yaml"
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    found: dict[Path, list[str]] = {}
    for name, service in services.items():
        for mount in service["volumes"]:
            if mount.endswith(MOUNTED) and "profiles" not in service:
                found.setdefault(Path(mount.split(":")[0]), []).append(name)
    return found


def look(root: Path) -> Seen:
    """When each file below `root` was changed, and its size."""
    found: Seen = {}
    # Path.walk is younger than the Pythons that this runs on.
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in IGNORED]
        for path in (Path(folder, name) for name in names if not name.endswith(SUFFIXES)):
            try:
                status = path.stat()
            except OSError:  # it has gone since
                continue
            found[path] = status.st_mtime_ns, status.st_size
    return found


def differing(before: Mapping[Path, tuple[int, int]], now: Mapping[Path, tuple[int, int]]) -> list[Path]:
    """The files that are new, gone or changed."""
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
