"""Read and replace files on a host atomically, never following a link in the last part of a path."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path


class Refused(Exception):
    """What was asked would touch something that it must not; `hint` is a command that can be pasted."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def digest(content: bytes) -> str:
    """SHA-256 of `content` in hex."""
    return hashlib.sha256(content).hexdigest()


def mode_of(status: os.stat_result) -> str:
    """Permission bits as the ledger writes them: `0644`."""
    return f"{stat.S_IMODE(status.st_mode):04o}"


def status(path: Path) -> os.stat_result | None:
    """What lies at `path` itself (a link is not followed), None when nothing does."""
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def what(found: os.stat_result) -> str:
    """Name the kind of thing found, for messages."""
    if stat.S_ISLNK(found.st_mode):
        return "a link"
    if stat.S_ISDIR(found.st_mode):
        return "a directory"
    return "a file" if stat.S_ISREG(found.st_mode) else "a special file"


def read(path: Path) -> bytes | None:
    """Content of the regular file at `path`, None when nothing is there; Refused for anything else."""
    found = status(path)
    if found is None:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"`{path}` is {what(found)} and not a file", f"ls -ld {path}")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def write(path: Path, content: bytes, mode: int = 0o644, uid: int = -1, gid: int = -1) -> None:
    """Replace the file at `path` in one step; -1 keeps the id of the running process.

    The directory is held open, so swapping it for a link meanwhile gains nothing. Raises OSError.
    """
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    temporary = f".{path.name}.{os.getpid()}.rabbitry"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600, dir_fd=directory)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fchown(descriptor, uid, gid)
                os.fchmod(descriptor, mode)
            os.rename(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            os.unlink(temporary, dir_fd=directory)
            raise
    finally:
        os.close(directory)


def link(path: Path, target: str) -> None:
    """Make `path` a symbolic link to `target` in one step; Refused when something else is there."""
    found = status(path)
    if found is not None and not stat.S_ISLNK(found.st_mode):
        raise Refused(f"`{path}` is {what(found)} and not a link", f"ls -ld {path}")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.rabbitry")
    temporary.symlink_to(target)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def make_directories(path: Path) -> list[Path]:
    """Create `path` (0755) with its missing parents; returns those it created, outermost first."""
    created = []
    for one in [*reversed(path.parents), path]:
        if not one.exists():
            one.mkdir(mode=0o755)
            one.chmod(0o755)  # whatever the umask
            created.append(one)
    return created


def own_directory(path: Path, mode: int, uid: int, gid: int) -> None:
    """Give an existing directory its mode and owner."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
