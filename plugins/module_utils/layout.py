"""Where things are on this platform and who owns them: the one place that tells Linux from macOS."""

from __future__ import annotations

import grp
import os
import platform
import pwd
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Homebrew's own prefixes by architecture; a Mac may have both, one of them for Rosetta.
PREFIXES = {"arm64": "/opt/homebrew", "x86_64": "/usr/local"}


# Not kw_only: the probe also runs on Pythons older than 3.10, to say so.
@dataclass(frozen=True)
class Layout:
    """Whole paths as text, so that it can travel as facts.

    `user` and `group` are who everything belongs to and runs as; empty where each service has an account of
    its own and root owns the rest. `prefix` is Homebrew's, `agents` the directory of launchd's property
    lists; both are empty on Linux.
    """

    system: str = "Linux"
    home: str = "/opt/rabbitry"
    configuration: str = "/etc/rabbitry"
    state: str = "/var/lib/rabbitry"
    logs: str = "/var/log/rabbitry"
    run: str = "/run/rabbitry"
    user: str = ""
    group: str = ""
    prefix: str = ""
    user_home: str = ""
    agents: str = ""

    @property
    def libexec(self) -> str:
        """The directory of the programs that services share."""
        return f"{self.home}/libexec"

    @property
    def owner(self) -> dict[str, str]:
        """Who owns what `root` owns on Linux: {user, group}."""
        return {"user": self.user or pwd.getpwuid(0).pw_name, "group": self.group or grp.getgrgid(0).gr_name}

    @property
    def data(self) -> list[str]:
        """Directories that are Rabbitry's with all that they hold."""
        return [self.home, self.configuration, self.state, self.logs]

    @property
    def disks(self) -> tuple[str, str]:
        """Where packages are unpacked, and below which data grows."""
        return (self.prefix, f"{self.prefix}/var") if self.prefix else ("/usr", "/var/lib")

    @property
    def parents(self) -> tuple[str, ...]:
        """Right below these, relative to the root, packages make directories of their own."""
        if not self.prefix:
            return ("etc", "var/lib", "var/log", "var/cache", "var/spool")
        return tuple(f"{self.prefix[1:]}/{one}" for one in ("etc", "var/lib", "var/db", "var/log"))

    def facts(self) -> dict[str, str]:
        """All of it, as facts."""
        return {**asdict(self), "libexec": self.libexec}


LINUX = Layout()


def darwin(prefix: str, user: str, group: str, user_home: str) -> Layout:
    """macOS: below Homebrew's prefix, which is the user's, and below the user's home; nothing is root's."""
    return Layout(
        system="Darwin",
        home=f"{prefix}/var/rabbitry",
        configuration=f"{prefix}/etc/rabbitry",
        state=f"{prefix}/var/lib/rabbitry",
        logs=f"{prefix}/var/log/rabbitry",
        run=f"{prefix}/var/run/rabbitry",
        user=user,
        group=group,
        prefix=prefix,
        user_home=user_home,
        agents=f"{user_home}/Library/LaunchAgents",
    )


def homebrew(machine: str, root: Path = Path("/")) -> str:
    """Homebrew's prefix for an architecture; the other one's where only that one is installed."""
    own = PREFIXES.get(machine, PREFIXES["arm64"])
    there = [one for one in (own, *PREFIXES.values()) if (root / one[1:] / "bin/brew").exists()]
    return there[0] if there else own


def of(system: str) -> Layout:
    """The layout of a system (`Linux`, `Darwin`) for the account that this process runs as."""
    if system != "Darwin":
        return LINUX
    account = pwd.getpwuid(os.getuid())
    try:
        group = grp.getgrgid(account.pw_gid).gr_name
    except KeyError:
        group = str(account.pw_gid)
    return darwin(homebrew(platform.machine()), account.pw_name, group, account.pw_dir)


HERE = of(platform.system())


def is_darwin() -> bool:
    """Whether this host is a Mac."""
    return HERE.system == "Darwin"


def owned(item: Mapping[str, Any], here: Layout = HERE) -> Mapping[str, Any]:
    """`item` with the accounts that `user` and `group` mean here: on macOS `root` is the layout's owner."""
    if here.system != "Darwin":
        return item
    return {**item, **{key: name for key, name in here.owner.items() if item.get(key) == "root"}}
