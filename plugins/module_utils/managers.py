"""Choose what manages the packages of this host."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ansible_collections.rabbitry.stack.plugins.module_utils import apt, dpkg


class Manager(Protocol):
    """What Rabbitry needs of a package manager; all of it raises PackageError."""

    def installed(self) -> dict[str, str]:
        """{name: version} of what is installed, in milliseconds."""

    def install(self, names: Sequence[str], log: Path) -> None:
        """Install what is named and what it needs; everything said goes to `log`."""


class Debian:
    """dpkg and apt-get."""

    def installed(self) -> dict[str, str]:
        """{name: version} by dpkg's status file."""
        return dpkg.installed()

    def install(self, names: Sequence[str], log: Path) -> None:
        """Install by apt-get."""
        apt.Apt(log).install(names)


def for_host() -> Manager:
    """The manager of this host. Raises PackageError where there is none that Rabbitry knows."""
    if (dpkg.DATABASE / "status").exists() and shutil.which("apt-get", path="/usr/bin:/bin"):
        return Debian()
    found = next((name for name in ("dnf", "brew") if shutil.which(name)), None)
    reason = f"packages by {found} are not implemented" if found else "this host has no apt-get"
    raise apt.PackageError(f"{reason}: Rabbitry installs packages on Debian 12 and 13", "cat /etc/os-release")
