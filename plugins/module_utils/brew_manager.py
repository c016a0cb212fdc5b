"""Homebrew as a package manager: formulae by their plain names, installed and removed by the user."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ansible_collections.rabbitry.stack.plugins.module_utils import brew, pins
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE, Layout
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import (
    PackageError,
    failure,
    quoted,
)

# What a formula writes outside of its keg lies right below these, under its name: etc/redis.conf.
OUTSIDE = ("etc", "var/lib", "var/db", "var/log", "var/run")
COOKIE = ".erlang.cookie"
_POURED = re.compile(r"^==> Pouring (\S+?)--", re.MULTILINE)
_BUILT = re.compile(r"/Cellar/([^/\s]+)/[^:\s]+: [\d,]+ files", re.MULTILINE)
_COMPLAINT = re.compile(r"^(?:Error|Warning: No available formula)[: ]\s*(.+)")
HINTS = (
    (
        re.compile(r"Running Homebrew as root"),
        "whoami   # brew works for the user that its prefix belongs to, never for root",
    ),
    (re.compile(r"No available formula with the name \"?([^\s\"]+)"), r"brew update && brew search \1"),
    (
        re.compile(r"Another active Homebrew|has already locked (\S+)"),
        "ps -A -o pid,etime,args | grep '[b]rew'",
    ),
    (re.compile(r"not writable|Permission denied"), 'sudo chown -R "$(id -un)" "$(brew --prefix)"/*'),
    (re.compile(r"Could not resolve host|Failed to download|curl: \(\d+\)"), "brew fetch redis"),
    (re.compile(r"No space left on device"), "df -h /"),
    (re.compile(r"xcode-select|Command Line Tools"), "xcode-select --install"),
)


class Homebrew:
    """brew, of the prefix that `here` names."""

    def __init__(self, log: Path, here: Layout = HERE) -> None:
        self.log = log
        self.here = here
        self.prefix = Path(here.prefix)
        self.cellar = brew.Cellar(self.prefix)

    def installed(self) -> Mapping[str, str]:
        """{formula: version} by the Cellar's directories."""
        return self.cellar.versions()

    def present(self) -> set[str]:
        """Every formula with a keg, also one whose link is missing."""
        return set(self.installed())

    def states(self) -> Mapping[str, str]:
        """Installed formulae, and what others left of their configuration or data (`config-files`)."""
        left = {re.split(r"[-.]", path.name)[0]: "config-files" for path in self._outside()}
        return {**left, **dict.fromkeys(self.installed(), "installed")}

    def install(self, names: Sequence[str], log: Path, sources: Sequence[Path] = ()) -> None:
        """Install the newest version that brew knows; there are no others to choose from."""
        with log.open("ab") as stream:
            start = stream.tell()
            done = self._run("install", "--formula", *names, log=stream)
        said = log.read_bytes()[start:].decode(errors="replace")
        versions = self.installed()
        # A failed post-install step ends with 1 too; the formula is there, and its service tells the rest.
        if absent := pins.missing(names, versions) if done.returncode else []:
            raise failure(f"{quoted(absent)} cannot be installed", said, _complaint, HINTS)
        if other := pins.missing(names, versions):
            name, wanted = pins.split(other[0])
            raise PackageError(
                f"Homebrew has `{name}` {versions.get(name, 'in no version')}, not {wanted}",
                f"brew info {name}",
            )

    def brought(self, said: str) -> set[str]:
        """What brew said it poured or built."""
        return {*_POURED.findall(said), *_BUILT.findall(said)}

    def needed_by_others(self, names: Sequence[str]) -> dict[str, str]:
        """By the receipts of what stays."""
        kept: dict[str, str] = {}
        going = set(names)
        for other in sorted(set(self.installed()) - going):
            for name in sorted(self.cellar.needs(other) & going):
                kept.setdefault(name, f"`{other}` needs it")
        return kept

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        """Uninstall these, and remove what they wrote outside of their kegs unless that is to be kept.

        brew itself leaves configuration and data behind.
        """
        installed = self.installed()
        present = [name for name in names if name in installed]
        going = {path for name in present if name not in keep_configuration for path in self._outside(name)}
        going |= self._cookie(present)
        if present:
            done = self._run("uninstall", "--formula", "--ignore-dependencies", *present)
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(done.stdout)
            if done.returncode:
                raise failure(f"{quoted(present)} cannot be uninstalled", done.stdout, _complaint, HINTS)
        for path in sorted(going):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def owned_paths(self, name: str) -> set[str]:
        """What the formula has outside of its keg; the keg goes with it."""
        return {str(path) for path in self._outside(name)}

    def scripts(self, name: str) -> str:
        """None: formulae make no accounts."""
        return ""

    def traces_of(self, source: Path) -> list[Path]:
        """None: formulae come from no further repositories."""
        return []

    def _outside(self, name: str = "") -> list[Path]:
        """Files and directories of a formula outside of its keg, of all formulae when none is named."""
        mine = re.compile(re.escape(name) + r"(?:[-.].*)?\Z")
        return [
            path
            for parent in OUTSIDE
            if (self.prefix / parent).is_dir()
            for path in sorted((self.prefix / parent).iterdir())
            if not name or mine.match(path.name)
        ]

    def _cookie(self, names: Sequence[str]) -> set[Path]:
        """The cookie in the user's home, when the first Erlang node that ran here was our broker's."""
        path = Path(self.here.user_home) / COOKIE
        if "rabbitmq" not in names or not path.is_file():
            return set()
        since = float(self.cellar.receipt("rabbitmq").get("time") or 0)
        found = path.stat()
        # Erlang dates the cookie back to midnight; a Mac also knows when a file was made.
        made = getattr(found, "st_birthtime", found.st_ctime)
        return {path} if since and made >= since else set()

    def _run(self, *words: str, log: IO[bytes] | None = None) -> subprocess.CompletedProcess[str]:
        try:
            return brew.run(*words, here=self.here, log=log)
        except OSError as error:
            raise PackageError(
                f"Homebrew is not at `{self.prefix}`: {error.strerror}", "open https://brew.sh"
            ) from None
        except subprocess.TimeoutExpired as slow:
            raise PackageError(
                f"`brew {' '.join(words)}` did not end within {slow.timeout:g} s", "brew doctor"
            ) from None


def _complaint(line: str) -> str:
    found = _COMPLAINT.match(line)
    return found[1] if found else ""
