"""Install and purge Debian packages by apt-get, with what it takes to do so unattended."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import dpkg, logged_run, pins
from ansible_collections.rabbitry.stack.plugins.module_utils import package_errors as errors
from ansible_collections.rabbitry.stack.plugins.module_utils.apt_sources import LISTS as LISTS
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import (
    PackageError as PackageError,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import quoted
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import tail as tail

LOCK_SECONDS = 300
OPTIONS = (
    f"-oDPkg::Lock::Timeout={LOCK_SECONDS}",
    "-oDpkg::Options::=--force-confdef",
    "-oDpkg::Options::=--force-confold",  # a configuration file that was written before the package stays
    "-oDpkg::Options::=--force-unsafe-io",  # a quarter faster; one sync in the end makes up for it
    "-oDpkg::Use-Pty=0",
    "-oAcquire::Retries=2",
    "-oAcquire::http::Timeout=30",
)
ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "C",
    "NEEDRESTART_SUSPEND": "1",
    "APT_LISTCHANGES_FRONTEND": "none",
}
STALE = re.compile(
    r"^E: (Unable to locate package|Failed to fetch|Unable to fetch|Couldn't find any package)|"
    r"has no installation candidate|404 +Not Found|Hash Sum mismatch|unmet dependencies",
    re.MULTILINE,
)
UNVERIFIED = re.compile(r"^W: .*(?:NO_PUBKEY|OpenPGP signature|is not signed|Failed to fetch)", re.MULTILINE)
INTERRUPTED = re.compile(r"dpkg was interrupted")
HINTS = (
    (
        re.compile(r"NO_PUBKEY|[Mm]issing key|not signed|BADSIG|EXPKEYSIG|signature.*(?:invalid|verif)"),
        "ls -l /etc/apt/keyrings   # the repository is signed with another key than the one given",
    ),
    (re.compile(r"held by process (\d+)"), r"ps -o pid,user,etime,args -p \1"),
    (re.compile(r"Unable to locate package (\S+)"), r"apt-cache policy \1"),
    (re.compile(r"Package '?([^' ]+)'? has no installation candidate"), r"apt-cache policy \1"),
    (re.compile(r"No space left on device|enough free space"), "df -h / /var /usr"),
    (
        re.compile(r"Temporary failure resolving|Could not (?:resolve|connect)|404 +Not Found"),
        "apt-get update",
    ),
    (re.compile(r"held broken packages|unmet dependencies"), "apt-get --fix-broken install"),
    (re.compile(r"Errors were encountered while processing"), "dpkg --audit"),
    (re.compile(r"are you root"), "sudo -v"),
)


class Apt:
    """apt-get on this host; `log` takes everything it and dpkg say."""

    def __init__(self, log: Path, lists: Path = LISTS, database: Path = dpkg.DATABASE) -> None:
        self.log = log
        self.lists = lists
        self.database = database

    def _run(self, *command: str) -> tuple[bool, str]:
        environment = {**os.environ, **ENVIRONMENT}
        environment["PATH"] = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
        return logged_run.run(command, environment, self.log)

    def _change(self, *arguments: str) -> tuple[bool, str]:
        """Run apt-get without questions, once more after repairing what an interrupted dpkg left."""
        done, said = self._run("apt-get", *OPTIONS, "--yes", *arguments)
        if done or not INTERRUPTED.search(said):
            return done, said
        self._run("dpkg", "--configure", "-a", "--force-confdef", "--force-confold")
        return self._run("apt-get", *OPTIONS, "--yes", *arguments)

    def update(self) -> None:
        """Fetch the package lists. Raises PackageError."""
        done, said = self._run("apt-get", *OPTIONS, "-oAcquire::Languages=none", "update")
        if not done:
            raise failure("the package lists cannot be updated", said)

    def refresh(self, source: Path) -> None:
        """Fetch the lists of one .sources file and no others. Raises PackageError."""
        only = (f"-oDir::Etc::SourceList={source}", "-oDir::Etc::SourceParts=-", "-oAPT::Get::List-Cleanup=0")
        done, said = self._run("apt-get", *OPTIONS, *only, "-oAcquire::Languages=none", "update")
        # A repository that cannot be verified is a warning to apt-get as long as it has old lists of it.
        if not done or UNVERIFIED.search(said):
            raise failure(f"the repositories in `{source}` cannot be used", said)

    def install(self, names: Sequence[str], sources: Sequence[Path] = ()) -> None:
        """Install what is named (`name` or `name=version`), what it needs and nothing more.

        The lists of `sources` are fetched first, all lists when there are none, and once more when they prove
        to be stale; an interrupted dpkg is set right first, as apt-get itself asks for. Raises PackageError.
        """
        fresh = not any(self.lists.glob("*_Packages*"))
        if fresh:
            self.update()
        for source in sources:
            if source.suffix == ".sources":
                self.refresh(source)
        while True:
            done, said = self._change(
                "install", "--no-install-recommends", *(self._exact(name) for name in names)
            )
            if done:
                return
            if STALE.search(said) and not fresh:
                fresh = True
                self.update()
            else:
                raise failure(f"{quoted(names)} cannot be installed", said)

    def _exact(self, name: str) -> str:
        """`name=version` with a version that the lists have. Raises PackageError when they have none."""
        package, wanted = pins.split(name)
        if not wanted:
            return name
        there = self.versions(package)
        found = next((one for one in there if pins.matches(one, wanted)), "")
        if not found:
            known = f"there is {quoted(there)}" if there else "there is none of it"
            raise PackageError(
                f"`{package}` has no version {wanted} in the sources of this host: {known}",
                f"apt-cache madison {package}",
            )
        return f"{package}={found}"

    def versions(self, package: str) -> list[str]:
        """Versions of the package in the lists, newest first."""
        _, said = self._run("apt-cache", "madison", package)
        rows = [line.split("|") for line in said.splitlines() if line.count("|") == 2]
        return list(dict.fromkeys(row[1].strip() for row in rows if row[0].strip() == package))

    def needed_by_others(self, names: Sequence[str]) -> dict[str, str]:
        """Of the packages named, those that other installed packages depend on: {name: dpkg's reason}."""
        kept: dict[str, str] = {}
        while rest := [name for name in names if name not in kept]:
            done, said = self._run("dpkg", "--simulate", "--purge", *rest)
            needing = dict(re.findall(r"prevent removal of (\S+?):\n (\S+) depends", said))
            refused = re.findall(r"error processing package (\S+) \(--purge\):\n (.+)", said)
            fresh = {
                name: f"`{needing[name]}` needs it" if name in needing else f"dpkg: {why}"
                for name, why in refused
                if name in rest
            }
            if done or not fresh:
                break
            kept |= fresh
        return kept

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        """Remove exactly these packages, configuration too unless it is to be kept. Raises PackageError."""
        for verb, chosen in (
            ("remove", [name for name in names if name in keep_configuration]),
            ("purge", [name for name in names if name not in keep_configuration]),
        ):
            if not chosen:
                continue
            left = [path for name in chosen for path in dpkg.traces(name, self.database)]
            done, said = self._change(verb, "--no-auto-remove", *chosen)
            if not done:
                raise failure(f"{quoted(chosen)} cannot be removed", said)
            for path in left:
                if path.is_file() and not path.is_symlink():
                    path.unlink()


def failure(message: str, said: str) -> PackageError:
    """The error for a command that failed, with the cause in its own words and one hint."""
    return errors.failure(message, said, lambda line: line[3:] if line.startswith("E: ") else "", HINTS)
