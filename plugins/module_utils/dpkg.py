"""Read what dpkg knows about this host's packages, straight from its files, without starting a program."""

from __future__ import annotations

import re
from pathlib import Path

DATABASE = Path("/var/lib/dpkg")
ABSENT = ("not-installed", "config-files")
_FIELD = re.compile(r"^(Package|Status|Version): (.*)$", re.MULTILINE)
_read: dict[Path, tuple[list[tuple[str, int, int]], dict[str, tuple[str, str]]]] = {}


def packages(database: Path = DATABASE) -> dict[str, tuple[str, str]]:
    """Every package dpkg knows: {name: (state, version)}, state like `installed` or `config-files`.

    Parsed once for each state of the file; empty on a host without dpkg.
    """
    try:
        paths = [database / "status", *sorted((database / "updates").glob("[0-9]*"))]
        stamp = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]
    except FileNotFoundError:
        return {}
    if database not in _read or _read[database][0] != stamp:
        known: dict[str, tuple[str, str]] = {}
        for path in paths:  # a dpkg that was killed leaves updates which the next one merges
            known |= _parse(path.read_text(encoding="utf-8", errors="replace"))
        _read[database] = (stamp, known)
    return _read[database][1]


def _parse(text: str) -> dict[str, tuple[str, str]]:
    known: dict[str, tuple[str, str]] = {}
    name = ""
    for field, value in _FIELD.findall(text):
        if field == "Package":
            name = value
        elif field == "Status":
            state = value.rpartition(" ")[2]
            if known.get(name, ("",))[0] != "installed":  # one of several architectures is enough
                known[name] = (state, "")
        elif known.get(name, ("", "set"))[1] == "":
            known[name] = (known[name][0], value)
    return known


def present(database: Path = DATABASE) -> set[str]:
    """Names of the packages that are at least unpacked."""
    return {name for name, (state, _) in packages(database).items() if state not in ABSENT}


def installed(database: Path = DATABASE) -> dict[str, str]:
    """{name: version} of the packages that are fully installed."""
    return {name: version for name, (state, version) in packages(database).items() if state == "installed"}


def owned_paths(name: str, database: Path = DATABASE) -> set[str]:
    """Paths that the installed package `name` ships."""
    lists = [*(database / "info").glob(f"{name}.list"), *(database / "info").glob(f"{name}:*.list")]
    return {line for path in lists for line in path.read_text(encoding="utf-8").splitlines()}


def scripts(name: str, database: Path = DATABASE) -> str:
    """Text of the scripts with which the installed package `name` makes directories and accounts."""
    kinds = ("preinst", "postinst", "postrm")
    paths = [
        one for kind in kinds for one in (database / "info").glob(f"{name}[.:]*") if one.suffix == f".{kind}"
    ]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)


def traces(name: str, database: Path = DATABASE) -> list[Path]:
    """Files that may outlive the purge of the package `name`: a lock of its own, when its timers last ran."""
    timers = [Path(path).name for path in owned_paths(name, database) if path.endswith(".timer")]
    return [Path("/run") / name, *(Path("/var/lib/systemd/timers") / f"stamp-{timer}" for timer in timers)]
