"""Install and remove rpm packages by dnf, with what it takes to do so unattended."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import logged_run, pins, rpm
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import (
    PackageError,
    failure,
    quoted,
)

OPTIONS = (
    "--assumeyes",
    "--setopt=install_weak_deps=False",
    "--setopt=timeout=30",
    "--setopt=retries=2",
    "--setopt=clean_requirements_on_remove=False",  # exactly what is named goes
)
CACHE = Path("/var/cache/dnf")
# dnf 4 says ` Installing : foo-1-1.noarch  1/2`, dnf 5 `[1/2] Installing foo-0:1-1.noarch`.
_INSTALLING = re.compile(r"Installing\s*:?\s+(\S+)-(?:\d+:)?[^-\s:]+-[^-\s]+\.\w+(?=\s|$)")
# dnf 5 cuts long names there, so the table of what will be done counts too.
_TABLE = re.compile(r"^ (\S+) +(?:noarch|x86_64|aarch64|i686|ppc64le|s390x) ", re.MULTILINE)
_COMPLAINT = re.compile(r"^(?:Error: |Problem(?: \d+)?: | - |\s*- )?(.*\S)")
HINTS = (
    (
        re.compile(
            r"(?:Public key|GPG key).*(?:not installed|not match|incorrect|invalid)|gpgcheck|GPG check FAILED"
        ),
        "rpm -qa 'gpg-pubkey*' --qf '%{SUMMARY}\\n'   # signed with another key than the one given",
    ),
    (
        re.compile(r"(?:Unable to find a match|No match for argument): (\S+)"),
        r"dnf --showduplicates list \1   # EPEL has it on RHEL: dnf install epel-release",
    ),
    (re.compile(r"No space left on device|needs? [\d.]+\s*[KMG]?B more space"), "df -h / /var /usr"),
    (
        re.compile(r"Failed to download metadata|Cannot download|Could not resolve host"),
        "dnf --refresh repolist -v",
    ),
    (re.compile(r"lock.*held by|Waiting for process with pid (\d+)"), "ps -C dnf -o pid,user,etime,args"),
    (re.compile(r"superuser privileges|root privileges"), "sudo -v"),
)


def brought(said: str) -> set[str]:
    """Names of the packages that dnf said it installed, or upgraded: who was there before is known."""
    return {*_INSTALLING.findall(said), *_TABLE.findall(said)}


def spec(name: str) -> str:
    """`name=version` as dnf wants it: a version without a release stands for all of them."""
    package, version = pins.split(name)
    if not version:
        return name
    return f"{package}-{version}" if "-" in version else f"{package}-{version}*"


def complaint(line: str) -> str:
    """What a line of dnf's complains of, "" when it does not."""
    if not line.startswith(("Error:", "Error ", "Problem")) and "FAILED" not in line:
        return ""
    found = _COMPLAINT.match(line)
    return found.group(1) if found and found.group(1) != "Error:" else ""


class Dnf:
    """dnf on this host; `log` takes everything it says."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def _run(self, *command: str) -> tuple[bool, str]:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        return logged_run.run(["dnf", *OPTIONS, *command], environment, self.log)

    def install(self, names: Sequence[str], sources: Sequence[Path] = ()) -> None:
        """Install what is named (`name` or `name=version`) and what it needs. Raises PackageError.

        The metadata of the .repo files among `sources` is fetched first.
        """
        if repositories := [name for path in sources for name in sections(path)]:
            chosen = [f"--repo={name}" for name in repositories]
            done, said = self._run("--refresh", *chosen, "--setopt=skip_if_unavailable=False", "makecache")
            if not done:
                raise failure(f"{quoted(map(str, sources))} cannot be used", said, complaint, HINTS)
        done, said = self._run("install", *map(spec, names))
        if not done:
            raise failure(f"{quoted(names)} cannot be installed", said, complaint, HINTS)

    def purge(self, names: Sequence[str], keep_configuration: Sequence[str] = ()) -> None:
        """Remove exactly these packages, and changed configuration unless it is to be kept.

        Raises PackageError, also when something that is not named would have to go too.
        """
        if kept := rpm.needed_by_others(names):
            name, why = next(iter(kept.items()))
            raise PackageError(f"`{name}` cannot be removed: {why}", f"rpm -e --test {name}")
        saved = [
            path.with_name(f"{path.name}.rpmsave")
            for name in names
            if name not in keep_configuration
            for path in rpm.configuration(name)
        ]
        before = {path for path in saved if path.exists()}
        done, said = self._run("remove", *names)
        if not done:
            raise failure(f"{quoted(names)} cannot be removed", said, complaint, HINTS)
        for path in saved:
            if path not in before and path.is_file() and not path.is_symlink():
                path.unlink()


def sections(source: Path) -> list[str]:
    """Names of the repositories that a .repo file declares; none for another file."""
    if source.suffix != ".repo" or not source.exists():
        return []
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(source, encoding="utf-8")
    return parser.sections()


def traces_of(source: Path, cache: Path = CACHE) -> list[Path]:
    """What dnf keeps of the repositories that a .repo file declares."""
    return [path for name in sections(source) for path in sorted(cache.glob(f"{name}-*"))]
