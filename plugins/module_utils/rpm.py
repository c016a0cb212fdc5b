"""Ask rpm what this host has, read only."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

# Where rpm keeps its database; the first that exists is looked at to see whether anything changed.
DATABASES = (Path("/usr/lib/sysimage/rpm"), Path("/var/lib/rpm"))
LINE = "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n"
_NEEDED = re.compile(r"^\s*(\S.*?) is needed by \(installed\) (\S+)", re.MULTILINE)
_read: dict[str, dict[str, str]] = {}


def rpm(*arguments: str) -> tuple[bool, str]:
    """Run rpm; whether it succeeded and what it said on both streams."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["rpm", *arguments], capture_output=True, text=True, env=environment, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def installed() -> dict[str, str]:
    """{name: version} of the installed packages, with an epoch where there is one. Asked once a state."""
    stamp = _stamp()
    if stamp not in _read:
        done, said = rpm("-qa", "--qf", LINE)
        pairs = (line.partition("\t") for line in said.splitlines() if "\t" in line)
        _read.clear()
        _read[stamp] = {name: version.removeprefix("0:") for name, _, version in pairs} if done else {}
    return _read[stamp]


def _stamp() -> str:
    paths = [path for root in DATABASES if root.is_dir() for path in sorted(root.iterdir()) if path.is_file()]
    return " ".join(f"{path.name}:{path.stat().st_mtime_ns}:{path.stat().st_size}" for path in paths)


def owned_paths(name: str) -> set[str]:
    """Paths that the installed package ships."""
    done, said = rpm("-ql", name)
    return {line for line in said.splitlines() if line.startswith("/")} if done else set()


def configuration(name: str) -> list[Path]:
    """Configuration files of the installed package."""
    done, said = rpm("-qc", name)
    return [Path(line) for line in said.splitlines() if line.startswith("/")] if done else []


def scripts(name: str) -> str:
    """Text of the scripts with which the installed package makes directories and accounts."""
    done, said = rpm("-q", "--scripts", name)
    return said if done else ""


def needed_by_others(names: Sequence[str]) -> dict[str, str]:
    """Of the packages named, those that other installed packages depend on: {name: reason}."""
    kept: dict[str, str] = {}
    while rest := [name for name in names if name not in kept]:
        done, said = rpm("-e", "--test", *rest)
        fresh = {
            name: f"`{_name(by)}` needs it"
            for capability, by in _NEEDED.findall(said)
            for name in _providers(capability, rest)
        }
        if done or not fresh:
            return kept if done else kept | dict.fromkeys(rest, f"rpm: {_last(said)}")
        kept |= fresh
    return kept


def _providers(capability: str, among: Sequence[str]) -> list[str]:
    """Which of the packages provide what another needs; `bar >= 2` and `bar(x86-64)` are capabilities."""
    done, said = rpm("-q", "--whatprovides", "--qf", "%{NAME}\\n", capability.split(" ")[0])
    return [name for name in said.split() if name in among] if done else []


def _name(package: str) -> str:
    """`foo-bar-1.0-2.noarch` is the package `foo-bar`."""
    return package.rsplit("-", 2)[0]


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it refuses the removal"
