"""Builds an application into a wheel on the controller, and says what a package's file has in it."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.plugin_utils.commands import CommandError, Tools

# So many wheels stay; one that is needed again is built again.
KEPT = 20
VERSIONED = "SETUPTOOLS_SCM_PRETEND_VERSION=1.0 ./inv up"


def checksum(path: Path) -> str:
    """16 hexadecimal digits over the file's bytes; OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def names(path: Path) -> list[str]:
    """The files in a wheel or source archive, the latter's without the folder that holds them all.

    CommandError when it is damaged, OSError when it cannot be read.
    """
    try:
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path, mode="r:gz") as archive:
                return [member.name.partition("/")[2] for member in archive if member.isfile()]
        with zipfile.ZipFile(path) as wheel:
            found = [name for name in wheel.namelist() if not name.endswith("/")]
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise CommandError(f"it is no package: {error}", f"ls -l {path}") from error
    return found if path.suffix == ".whl" else [name.partition("/")[2] for name in found]


def of_entries(entries: list[bundle.Entry], tools: Tools) -> Path:
    """The wheel of a source, built from a copy so that nothing is left behind in the source itself."""

    def unpacked(folder: Path) -> Path:
        packed = folder / "source.tar.gz"
        packed.write_bytes(bundle.pack(entries))
        bundle.unpack(packed, folder / "source")
        return folder / "source"

    with tempfile.TemporaryDirectory(prefix="rabbitry-") as folder:
        return _built(bundle.digest(entries), lambda: unpacked(Path(folder)), tools)


def of_archive(path: Path, tools: Tools) -> Path:
    """The wheel itself, or the one that is built of a source archive."""
    return path if path.suffix == ".whl" else _built(checksum(path), lambda: path, tools)


def _built(key: str, source: Callable[[], Path], tools: Tools) -> Path:
    """The one wheel that was built of the source with this key; built when it is not there yet."""
    with tools.locked("wheels") as place:
        folder = place / key
        if not list(folder.glob("*.whl")):
            with tempfile.TemporaryDirectory(dir=place) as fresh:
                try:
                    words = ("build", "--quiet", "--wheel", "--no-create-gitignore", f"--out-dir={fresh}")
                    tools.uv(*words, str(source()))
                except CommandError as error:
                    hint = VERSIONED if "version" in " ".join([str(error), *error.log]) else error.hint
                    raise CommandError(f"it cannot be built: {error}", hint, error.log) from error
                (wheel,) = Path(fresh).glob("*.whl")
                folder.mkdir(exist_ok=True)
                wheel.rename(folder / wheel.name)
            _forget(place)
        return next(folder.glob("*.whl"))


def _forget(place: Path) -> None:
    """Remove the oldest wheels."""
    folders = sorted(place.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[KEPT:]:
        shutil.rmtree(folder)
