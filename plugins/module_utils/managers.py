"""Choose what manages the packages of this host, behind one face for all that Rabbitry asks of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    apt,
    apt_sources,
    brew_manager,
    dnf,
    dpkg,
    layout,
    rpm,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError

NOWHERE = Path(os.devnull)
_UNPACKED = re.compile(r"^Unpacking (\S+?)(?::[a-z0-9-]+)? \(", re.MULTILINE)


class Manager(Protocol):
    """What Rabbitry needs of a package manager. Names are plain; `install` takes `name=version` as well.

    What `purge` says goes to the `log` that the manager was made with.
    """

    def installed(self) -> Mapping[str, str]:
        """{name: version} of what is installed, in milliseconds."""

    def present(self) -> set[str]:
        """Names of the packages that are there, also of those that broke off half-way."""

    def states(self) -> Mapping[str, str]:
        """{name: state} of all that the manager knows; `config-files` means that only these were left."""

    def install(self, names: Sequence[str], log: Path, sources: Sequence[Path] = ()) -> None:
        """Install what is named and what it needs, with new metadata of the files among `sources` that name
        repositories; everything said goes to `log`. Raises PackageError."""

    def brought(self, said: str) -> set[str]:
        """Names of the packages that a transaction's log says it put there."""

    def needed_by_others(self, names: Sequence[str]) -> dict[str, str]:
        """Of the packages named, those that other installed packages depend on: {name: reason}."""

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        """Remove exactly these, configuration too unless it is to be kept. Raises PackageError."""

    def owned_paths(self, name: str) -> set[str]:
        """Paths that an installed package ships."""

    def scripts(self, name: str) -> str:
        """Text of the scripts with which an installed package makes directories and accounts."""

    def traces_of(self, source: Path) -> list[Path]:
        """What the manager keeps of the repositories that a file names."""


class Debian:
    """dpkg and apt-get, of the host whose file system is at `root`."""

    def __init__(self, root: Path = Path("/"), log: Path = NOWHERE) -> None:
        self.log = log
        self.database = root / dpkg.DATABASE.relative_to("/")
        self.lists = root / apt_sources.LISTS.relative_to("/")

    def installed(self) -> Mapping[str, str]:
        """{name: version} by dpkg's status file."""
        return dpkg.installed(self.database)

    def present(self) -> set[str]:
        """Whatever is at least unpacked."""
        return dpkg.present(self.database)

    def states(self) -> Mapping[str, str]:
        """{name: state} by dpkg's status file."""
        return {name: state for name, (state, _) in dpkg.packages(self.database).items()}

    def install(self, names: Sequence[str], log: Path, sources: Sequence[Path] = ()) -> None:
        """Install by apt-get."""
        self._apt(log).install(names, sources)

    def brought(self, said: str) -> set[str]:
        """What dpkg said it unpacked."""
        return set(_UNPACKED.findall(said))

    def needed_by_others(self, names: Sequence[str]) -> dict[str, str]:
        """What dpkg would refuse to purge."""
        return self._apt(self.log).needed_by_others(names)

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        """Remove by apt-get."""
        self._apt(self.log).purge(names, keep_configuration)

    def owned_paths(self, name: str) -> set[str]:
        """By dpkg's file lists."""
        return dpkg.owned_paths(name, self.database)

    def scripts(self, name: str) -> str:
        """By dpkg's database."""
        return dpkg.scripts(name, self.database)

    def traces_of(self, source: Path) -> list[Path]:
        """apt's lists."""
        return apt_sources.traces_of(source, self.lists)

    def _apt(self, log: Path) -> apt.Apt:
        return apt.Apt(log, self.lists, self.database)


class RedHat:
    """rpm and dnf. Not run on a system of the family; dnf 4 was run on Debian."""

    def __init__(self, log: Path = NOWHERE) -> None:
        self.log = log

    def installed(self) -> Mapping[str, str]:
        """{name: version} by rpm's database."""
        return rpm.installed()

    def present(self) -> set[str]:
        """Whatever rpm knows is there."""
        return set(rpm.installed())

    def states(self) -> Mapping[str, str]:
        """Whatever rpm knows is installed."""
        return dict.fromkeys(rpm.installed(), "installed")

    def install(self, names: Sequence[str], log: Path, sources: Sequence[Path] = ()) -> None:
        """Install by dnf."""
        dnf.Dnf(log).install(names, sources)

    def brought(self, said: str) -> set[str]:
        """What dnf said it installed."""
        return dnf.brought(said)

    def needed_by_others(self, names: Sequence[str]) -> dict[str, str]:
        """What rpm would refuse to erase."""
        return rpm.needed_by_others(names)

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        """Remove by dnf."""
        dnf.Dnf(self.log).purge(names, keep_configuration)

    def owned_paths(self, name: str) -> set[str]:
        """By rpm's database."""
        return rpm.owned_paths(name)

    def scripts(self, name: str) -> str:
        """By rpm's database."""
        return rpm.scripts(name)

    def traces_of(self, source: Path) -> list[Path]:
        """dnf's cache."""
        return dnf.traces_of(source)


def known(log: Path = NOWHERE) -> Manager | None:
    """The manager of this host, None where there is none that Rabbitry knows.

    A Debian host may have dnf as well; its packages are dpkg's. On a Mac it is Homebrew, which says itself
    when it is not there.
    """
    if layout.is_darwin():
        return brew_manager.Homebrew(log)
    if (dpkg.DATABASE / "status").exists() and shutil.which("apt-get", path="/usr/bin:/bin"):
        return Debian(log=log)
    if shutil.which("dnf", path="/usr/bin:/bin") and shutil.which("rpm", path="/usr/bin:/bin"):
        return RedHat(log)
    return None


def for_host(log: Path = NOWHERE) -> Manager:
    """The manager of this host. Raises PackageError where there is none that Rabbitry knows."""
    if found := known(log):
        return found
    raise PackageError(
        "this host has neither apt-get nor dnf: Rabbitry installs packages by one of them",
        "cat /etc/os-release",
    )


def forget(manager: Manager, source: Path) -> None:
    """Remove what the manager keeps of the repositories that a file names; call it before the file goes."""
    for trace in manager.traces_of(source):
        if trace.is_dir():
            shutil.rmtree(trace)
        else:
            trace.unlink()
