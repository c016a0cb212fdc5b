"""Writes files and processes below a directory, as Linux shows them below /."""

from __future__ import annotations

from pathlib import Path


def write(path: Path, content: str) -> None:
    """A file with its directories."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def process(
    root: Path,
    pid: int,
    name: str,
    words: list[str],
    inodes: tuple[int, ...] = (),
    group: str = "",
    env: str = "",
) -> None:
    """A process with its command line, open sockets, control group and environment."""
    folder = root / "proc" / str(pid)
    write(folder / "comm", name + "\n")
    write(folder / "cmdline", "\0".join(words) + "\0")
    write(folder / "cgroup", f"0::{group}\n")
    write(folder / "environ", env)
    (folder / "fd").mkdir()
    for place, inode in enumerate(inodes):
        (folder / "fd" / str(place)).symlink_to(f"socket:[{inode}]")
