"""Packs a source directory so that equal content gives an equal digest, and unpacks it on a host."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

IGNORED_DIRECTORIES = {
    ".git", ".hg", ".svn", "__pycache__", ".venv", "venv", "node_modules", ".tox", ".nox", ".eggs",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".idea", ".vscode", ".ansible", ".state",
}  # fmt: skip
IGNORED_SUFFIXES = (".pyc", ".pyo", ".swp", ".swo", "~", ".orig", ".rej")
IGNORED_FILES = {".DS_Store", "Thumbs.db"}
LARGEST = 256 * 1024 * 1024
EPOCH = 946684800  # 2000: every file of a release is of this moment, so that its bytecode stays valid


class BundleError(Exception):
    """A source that cannot be packed, or an archive that must not be unpacked; the message names the path."""


@dataclass(frozen=True)
class Entry:
    """A file (its bytes), a link (its target) or a directory of the source."""

    name: str
    kind: str
    content: bytes = b""
    executable: bool = False


def read(source: Path) -> list[Entry]:
    """Return what is in `source`, by name; raises BundleError for what cannot be a release."""
    if not source.is_dir():
        raise BundleError(f"`{source}` is not a directory")
    try:
        entries = sorted(_walk(source.resolve(), PurePosixPath()), key=lambda entry: entry.name)
    except OSError as error:
        raise BundleError(f"`{error.filename}` cannot be read: {error.strerror}") from error
    if not any(entry.kind == "file" for entry in entries):
        raise BundleError(f"`{source}` has no file in it")
    size = sum(len(entry.content) for entry in entries)
    if size > LARGEST:
        raise BundleError(
            f"`{source}` has {size >> 20} MiB of files, more than the {LARGEST >> 20} MiB of a release"
        )
    return entries


def _walk(root: Path, folder: PurePosixPath) -> Iterator[Entry]:
    for item in os.scandir(root / folder):
        path, name = Path(item.path), str(folder / item.name)
        mode = item.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            target = path.readlink()
            if target.is_absolute() or not (path.parent / target).resolve().is_relative_to(root):
                raise BundleError(f"link `{path}` leads out of the source, to `{target}`")
            yield Entry(name, "link", os.fsencode(target))
        elif stat.S_ISDIR(mode):
            if item.name not in IGNORED_DIRECTORIES and not (path / "pyvenv.cfg").exists():
                yield Entry(name, "directory")
                yield from _walk(root, folder / item.name)
        elif stat.S_ISREG(mode):
            if item.name not in IGNORED_FILES and not item.name.endswith(IGNORED_SUFFIXES):
                yield Entry(name, "file", path.read_bytes(), bool(mode & stat.S_IXUSR))
        else:
            raise BundleError(f"`{path}` is neither a file nor a directory nor a link")


def digest(entries: list[Entry]) -> str:
    """16 hexadecimal digits that depend on names, contents, links and executability alone."""
    total = hashlib.sha256()
    for entry in entries:
        head = f"{entry.kind}\0{entry.name}\0{entry.executable}\0{len(entry.content)}\0"
        total.update(head.encode("utf-8", "surrogateescape") + entry.content)
    return total.hexdigest()[:16]


def pack(entries: list[Entry]) -> bytes:
    """Return the entries as a gzipped tar, owned by root and not writable by others."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=3, format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.mtime = EPOCH
            info.mode = 0o755 if entry.executable or entry.kind == "directory" else 0o644
            if entry.kind == "link":
                info.type, info.linkname = tarfile.SYMTYPE, os.fsdecode(entry.content)
            elif entry.kind == "directory":
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(entry.content)
            archive.addfile(info, io.BytesIO(entry.content) if entry.kind == "file" else None)
    return buffer.getvalue()


def unpack(archive: Path, target: Path) -> None:
    """Unpack what `pack` made into the new directory `target`; raises BundleError for anything else."""
    target.mkdir(mode=0o755)
    target.chmod(0o755)
    try:
        with tarfile.open(archive, mode="r:gz") as members:
            for member in members:
                _check(member)
                # The names are checked above; the filter that Python 3.12 warns about is not in all of 3.11.
                members.extract(member, target, set_attrs=False, **_FULLY_TRUSTED)  # type: ignore[arg-type]
                path = target / member.name
                if not member.issym():
                    path.chmod(member.mode & 0o755)
                    os.utime(path, (EPOCH, EPOCH))
    except (tarfile.TarError, EOFError) as error:
        raise BundleError(f"`{archive}` is damaged: {error}") from error


_FULLY_TRUSTED = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


def _check(member: tarfile.TarInfo) -> None:
    parts = PurePosixPath(member.name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise BundleError(f"the archive holds `{member.name}`, which lies outside of the release")
    if not (member.isreg() or member.isdir() or member.issym()):
        raise BundleError(f"the archive holds `{member.name}`, which is neither file nor directory nor link")
