"""Reach and change things by open directories, so that no link that somebody plants meanwhile is followed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# What opening something else than what was seen ends with: nothing, a link, no directory, a socket.
SWAPPED = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO)


def enter(path: Path) -> int:
    """Open a directory; a link on the way is followed only where root alone can have put it.

    Raises NotADirectoryError for one that somebody else may have put there, and other kinds of OSError.
    """
    descriptor = os.open("/", DIRECTORY)
    for part in path.parts[1:]:
        found = os.fstat(descriptor)
        trusted = found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022
        above = descriptor
        try:
            descriptor = os.open(part, DIRECTORY | (0 if trusted else os.O_NOFOLLOW), dir_fd=above)
        finally:
            os.close(above)
    return descriptor


def mend(directory: int, name: str, seen: os.stat_result, uid: int, gid: int, mode: int) -> bool:
    """Give what was `seen` in an open directory its owner and mode; False when it is gone or another."""
    kind = os.O_DIRECTORY if stat.S_ISDIR(seen.st_mode) else os.O_NONBLOCK
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=directory)
    except OSError as error:
        if error.errno in SWAPPED:
            return False
        raise
    try:
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino, found.st_nlink > 1) != (seen.st_dev, seen.st_ino, seen.st_nlink > 1):
            return False
        if (found.st_uid, found.st_gid) != (uid, gid):
            os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
    return True
