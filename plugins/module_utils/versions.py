"""Which packages a Debian host has and could get, read from dpkg's and apt's own files in milliseconds."""

from __future__ import annotations

import mmap
import re
import subprocess
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils import dpkg, rpm
from ansible_collections.rabbitry.stack.plugins.module_utils.brew import Cellar
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE, is_darwin

FORMULAE = {"rabbitmq-server": "rabbitmq", "redis-server": "redis", "erlang-base": "erlang"}
LISTS = "var/lib/apt/lists"
# Of these it matters which release the next upgrade of the host would bring.
WATCHED = ("rabbitmq-server", "erlang-base")


def manager(root: Path) -> str:
    """The host's package manager: "apt", "dnf", "brew" on a Mac, or "" when none is known."""
    if is_darwin():
        return "brew"
    known = {
        "usr/bin/apt-get": "apt",
        "usr/bin/dnf": "dnf",
    }
    return next((name for path, name in known.items() if (root / path).exists()), "")


def versions(root: Path, names: list[str]) -> dict[str, dict[str, str]]:
    """Each package's {installed, candidate} version; "" when not installed, or not known to the lists.

    Of a package that is installed the candidate is told only for a broker that an upgrade would move.
    Compressed lists are left alone: unpacking them costs more than the answer is worth. On a Mac the names
    stand for the formulae that bring the same, and what brew could get is not asked: that takes seconds.
    """
    if is_darwin():
        kegs = Cellar(Path(HERE.prefix)).versions()
        return {
            name: {"installed": kegs.get(FORMULAE.get(name, name), ""), "candidate": ""} for name in names
        }
    # What dnf could get is not asked either.
    here = rpm.installed() if manager(root) == "dnf" else dpkg.installed(root / "var/lib/dpkg")
    missing = [name for name in names if name not in here]
    there = candidates(root, missing) | upgrades(root, here)
    return {name: {"installed": here.get(name, ""), "candidate": there.get(name, "")} for name in names}


def upgrades(root: Path, here: dict[str, str]) -> dict[str, str]:
    """What apt would bring in place of an installed broker and its Erlang, when that is another release.

    The lists know what there is, and only apt itself what it prefers: it is asked when there is a newer one.
    """
    name = WATCHED[0]
    if name not in here or manager(root) != "apt":
        return {}
    best = candidates(root, [name]).get(name, "")
    if order(best)[:4] <= order(here[name])[:4]:
        return {}
    return preferred([one for one in WATCHED if one in here])


def preferred(names: list[str]) -> dict[str, str]:
    """The version of each package that apt would install, by `apt-cache policy`; none without apt."""
    try:
        said = subprocess.run(
            ["apt-cache", "policy", *names],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(re.findall(r"^(\S+):\n(?: .*\n)*?  Candidate: (\d\S*)$", said, re.MULTILINE))


def candidates(root: Path, names: list[str]) -> dict[str, str]:
    """The highest version of each package in apt's uncompressed lists."""
    found: dict[str, str] = {}
    if not names:
        return found
    for path in sorted((root / LISTS).glob("*_Packages")):
        for name in names:
            for stanza in stanzas(path, name):
                version = field(stanza, "Version")
                if name not in found or order(version) > order(found[name]):
                    found[name] = version
    return found


def stanzas(path: Path, name: str) -> list[str]:
    """A package's paragraphs in a control file; none when the file is missing or empty."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
            found, mark = [], f"Package: {name}\n".encode()
            place = text.find(mark)
            while place >= 0:
                stop = text.find(b"\n\n", place)
                if place == 0 or text[place - 1 : place] == b"\n":
                    found.append(text[place : stop if stop >= 0 else len(text)].decode(errors="replace"))
                place = text.find(mark, place + 1)
            return found
    except (OSError, ValueError):
        return []


def field(stanza: str, name: str) -> str:
    """One field of a paragraph, "" when absent."""
    found = re.search(rf"^{name}: *(.*)$", stanza, re.MULTILINE)
    return found.group(1).strip() if found else ""


def order(version: str) -> list[tuple[int, int | str]]:
    """A sort key for versions: numbers by value, `~` before everything.

    Enough to choose the newest of a suite's own versions; it is not dpkg's full rule.
    """
    epoch, colon, rest = version.partition(":")
    words = re.findall(r"\d+|~|[^\d~]+", rest if colon else version)
    key: list[tuple[int, int | str]] = [(2, int(epoch))] if colon else [(2, 0)]
    return key + [(2, int(w)) if w.isdigit() else (-1, w) if w == "~" else (1, w) for w in words] + [(0, "")]
