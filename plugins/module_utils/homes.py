"""Read and write a user's own files with that user's rights, so that no link of theirs leads further."""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused

FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a fifo must not hold us


@dataclass(frozen=True, kw_only=True)
class Person:
    """An account that somebody logs in with."""

    name: str
    uid: int
    gid: int
    home: Path
    shell: str

    @classmethod
    def of(cls, name: str) -> Person | None:
        """The account of that name, None when there is none."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        home, shell = Path(entry.pw_dir), entry.pw_shell or "/bin/sh"
        return cls(name=name, uid=entry.pw_uid, gid=entry.pw_gid, home=home, shell=shell)


@contextmanager
def acting_as(person: Person) -> Iterator[None]:
    """Do something with the rights of `person`; Refused when this process may not."""
    if os.geteuid() == person.uid:
        yield
        return
    if os.geteuid() != 0:
        raise Refused(f"only root and `{person.name}` may write the files of `{person.name}`", "./inv up")
    gid, groups = os.getegid(), os.getgroups()
    os.initgroups(person.name, person.gid)
    os.setegid(person.gid)
    os.seteuid(person.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)


def real(path: Path, person: Person) -> Path:
    """Where the file really lies: a link is followed to a file of the same user within the same home.

    Nothing need be there yet. Raises Refused.
    """
    shown = shlex.quote(str(path))
    try:
        home, target = person.home.resolve(strict=True), path.resolve()
    except FileNotFoundError:
        raise Refused(
            f"the home `{person.home}` of `{person.name}` does not exist",
            f"sudo mkhomedir_helper {person.name}",
        ) from None
    except (OSError, RuntimeError) as error:
        raise Refused(f"`{path}` cannot be followed: {error}", f"ls -l {shown}") from None
    if not target.is_relative_to(home):
        raise Refused(f"`{path}` leads to `{target}`, out of the home of `{person.name}`", f"ls -l {shown}")
    found = files.status(target)
    if found is None and path.is_symlink():
        raise Refused(f"`{path}` is a link to `{target}`, where nothing is", f"ls -l {shown}")
    if found is not None and not stat.S_ISREG(found.st_mode):
        raise Refused(f"`{path}` is {files.what(found)} and not a file", f"ls -ld {shown}")
    if found is not None and found.st_uid != person.uid:
        raise Refused(
            f"`{target}` belongs to the user id {found.st_uid} and not to `{person.name}`",
            f"sudo chown {person.name} {shlex.quote(str(target))}",
        )
    return target


def read(path: Path, person: Person) -> bytes | None:
    """Content of the user's file, None when there is none. Raises Refused."""
    target = real(path, person)
    try:
        descriptor = os.open(target, os.O_RDONLY | FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable("read", target, person, error) from None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def write(path: Path, content: bytes, person: Person) -> None:
    """Write the user's file; one that is there keeps owner, mode, ACL and attributes. Raises Refused."""
    target = real(path, person)
    try:
        if files.status(target) is None:
            files.write(target, content)
        else:
            _replace(target, content)
    except OSError as error:
        raise _unusable("written", target, person, error) from None


def remove(path: Path, person: Person) -> None:
    """Remove the user's file. Raises Refused."""
    target = real(path, person)
    try:
        target.unlink()
    except OSError as error:
        raise _unusable("removed", target, person, error) from None


def _unusable(done: str, path: Path, person: Person, error: OSError) -> Refused:
    shown = shlex.quote(str(path))
    message = f"`{path}` cannot be {done} by `{person.name}`: {error.strerror}"
    return Refused(message, f"ls -ld {shlex.quote(str(path.parent))} {shown}")


def _replace(path: Path, content: bytes) -> None:
    """In one step where the new file can be all that the old one is, otherwise in place."""
    with os.fdopen(os.open(path, os.O_RDWR | FLAGS), "r+b") as stream:
        if not _exchange(path, content, stream.fileno()):
            stream.write(content)
            stream.truncate()


def _exchange(path: Path, content: bytes, old: int) -> bool:
    """Put a new file in place of the open one; False when that would lose a name or an attribute of it."""
    found = os.fstat(old)
    if found.st_nlink > 1 or not hasattr(os, "listxattr"):  # Python reads no ACL on macOS
        return False
    twin = path.with_name(f".{path.name}.{os.getpid()}.rabbitry")
    try:
        descriptor = os.open(twin, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, 0o600)
    except OSError:
        return False  # the file may be written and its directory not
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchown(descriptor, found.st_uid, found.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(found.st_mode))
            for name in os.listxattr(old):
                os.setxattr(descriptor, name, os.getxattr(old, name))
        twin.replace(path)
    except OSError:
        twin.unlink()
        return False
    return True
