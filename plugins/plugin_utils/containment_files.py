"""Writes what containers are given to where Docker takes it from: files, and the directories of images."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle, files


def is_other(path: Path, recipe: list[bundle.Entry]) -> bool:
    """Whether a directory does not hold exactly this."""
    return not path.is_dir() or bundle.digest(bundle.read(path)) != bundle.digest(recipe)


def write(wanted: Mapping[Path, str], group: int) -> None:
    """Replace files and make their directories, which only their owner and the group may enter."""
    for path, text in wanted.items():
        missing = [up for up in path.parents if not up.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            os.chown(folder, -1, group)
            # Whatever the umask says.
            folder.chmod(0o750)
        files.write(path, text.encode(), 0o640, gid=group)


def stray(folder: Path, wanted: set[Path]) -> list[Path]:
    """Files that nothing is mounted for any more."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in wanted)


def unpacked(entries: list[bundle.Entry], target: Path) -> None:
    """Put the entries into a new directory in the place of `target`."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    for entry in entries:
        path = fresh / entry.name
        if entry.kind == "directory":
            path.mkdir()
            path.chmod(0o755)
        elif entry.kind == "link":
            path.symlink_to(os.fsdecode(entry.content))
        else:
            path.write_bytes(entry.content)
            path.chmod(0o755 if entry.executable else 0o644)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
