"""Runs Homebrew unattended, as the user that its prefix belongs to, and reads what it has installed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE, Layout

ENVIRONMENT = {
    "HOMEBREW_NO_AUTO_UPDATE": "1",
    "HOMEBREW_NO_INSTALL_UPGRADE": "1",
    "HOMEBREW_NO_INSTALL_CLEANUP": "1",
    "HOMEBREW_NO_INSTALLED_DEPENDENTS_CHECK": "1",
    "HOMEBREW_NO_AUTOREMOVE": "1",  # only what the ledger names may go
    "HOMEBREW_NO_ENV_HINTS": "1",
    "HOMEBREW_NO_ANALYTICS": "1",
    "HOMEBREW_NO_COLOR": "1",
    "HOMEBREW_NO_EMOJI": "1",
    "HOMEBREW_NO_ASK": "1",
    "HOMEBREW_SERVICES_NO_DOMAIN_WARNING": "1",
    "NONINTERACTIVE": "1",
    "LC_ALL": "C",
}


def environment(domain: str = "") -> dict[str, str]:
    """The environment for brew; with `domain` such that `brew services` means that domain of launchd's."""
    found = {**os.environ, **ENVIRONMENT}
    found.pop("SSH_TTY", None)
    if domain.startswith("user/"):
        # brew looks at this variable to see that it runs over ssh; Ansible asks for no terminal.
        found["SSH_TTY"] = "none"
    return found


def run(
    *words: str, here: Layout = HERE, domain: str = "", seconds: float = 1800, log: IO[bytes] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `brew WORDS` in the user's home (brew refuses a directory that it may not read).

    Everything it says is in `stdout`, and goes to `log` instead when that is given. OSError where there is
    no brew, subprocess.TimeoutExpired after `seconds`.
    """
    return subprocess.run(
        [f"{here.prefix}/bin/brew", *words],
        env=environment(domain),
        cwd=here.user_home or "/",
        stdin=subprocess.DEVNULL,
        stdout=log or subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds,
    )


class Cellar:
    """What is installed below a prefix, read from its directories: a `brew list` takes a second."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix

    def versions(self) -> dict[str, str]:
        """{formula: version}, the version that PREFIX/opt leads to where there are several."""
        found = {}
        for rack in self._racks():
            kegs = sorted(keg.name for keg in rack.iterdir() if keg.is_dir() and not keg.name.startswith("."))
            opt = self.prefix / "opt" / rack.name
            linked = opt.readlink().name if opt.is_symlink() else ""
            if kegs:
                found[rack.name] = linked if linked in kegs else kegs[-1]
        return found

    def keg(self, name: str) -> Path:
        """The directory of an installed formula's version."""
        return self.prefix / "Cellar" / name / self.versions()[name]

    def receipt(self, name: str) -> Mapping[str, Any]:
        """What brew wrote down when it installed the formula; {} when it left nothing."""
        try:
            found = json.loads((self.keg(name) / "INSTALL_RECEIPT.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError):
            return {}
        return found if isinstance(found, dict) else {}

    def needs(self, name: str) -> set[str]:
        """The formulae that an installed one needs at run time, those that they need included."""
        listed = self.receipt(name).get("runtime_dependencies") or []
        return {str(one.get("full_name", "")).rpartition("/")[2] for one in listed}

    def _racks(self) -> list[Path]:
        root = self.prefix / "Cellar"
        return sorted(rack for rack in root.iterdir() if rack.is_dir()) if root.is_dir() else []
