"""Tell what a package transaction brought to the host: packages, accounts, directories."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import accounts, dpkg, layout, managers, pins
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT, Ledger, load_all

PARENTS = layout.HERE.parents


@dataclass(frozen=True)
class Host:
    """Where to look; tests give a directory of their own."""

    root: Path = Path("/")
    manager: managers.Manager = field(default_factory=managers.Debian)

    def installed(self) -> Mapping[str, str]:
        """{name: version} of the installed packages."""
        return self.manager.installed()

    def accounts(self, kind: str) -> set[str]:
        """Names in /etc/passwd (`users`) or /etc/group (`groups`)."""
        path = accounts.PASSWD if kind == "users" else accounts.GROUP
        return accounts.names(self.root / path.relative_to("/"))

    def directories(self) -> set[str]:
        """Directories right below /etc, /var/lib and the like."""
        return {
            f"/{parent}/{one.name}"
            for parent in PARENTS
            if (self.root / parent).is_dir()
            for one in (self.root / parent).iterdir()
            if one.is_dir() and not one.is_symlink()
        }

    def snapshot(self) -> dict[str, Any]:
        """All of it, as {"packages": {name: state}, "users": [], "groups": [], "directories": []}."""
        return {
            "packages": dict(self.manager.states()),
            "users": sorted(self.accounts("users")),
            "groups": sorted(self.accounts("groups")),
            "directories": sorted(self.directories()),
        }


def record(transaction: Mapping[str, Any], said: str, host: Host, root: Path = ROOT) -> list[str]:
    """Write into the owner's ledger what the transaction brought; returns the new packages.

    A package counts when it was not there before and the manager said in `said` that it put it there; an
    account or a directory when it is new and a script or file list of such a package names it. So what
    somebody else does at the same time is not taken for Rabbitry's.
    """
    before = transaction["before"]
    ledger = Ledger(transaction["owner"], root)
    installed = host.installed()
    known = {name for name, state in before["packages"].items() if state not in dpkg.ABSENT}
    fresh = sorted((host.manager.present() & host.manager.brought(said)) - known)
    asked = {pins.split(pin)[0] for pin in transaction["names"]}
    for name in fresh:
        facts: dict[str, Any] = {"version": installed[name]} if name in asked & {*installed} else {}
        if before["packages"].get(name) == "config-files":
            facts["keep_configuration"] = True
        ledger.record("package", name, created=True, **facts)
    texts = {name: _text(name, host) for name in fresh}
    for kind in ("group", "user"):
        for name in sorted(host.accounts(f"{kind}s") - set(before[f"{kind}s"])):
            if by := _naming(rf"(?<![\w-]){re.escape(name)}(?![\w-])", texts):
                ledger.record(kind, name, created=True, by=by)
    made = {entry["name"] for one in load_all(root) for entry in one.entries if entry["created"]}
    for path in sorted(host.directories() - (set(before["directories"]) - made)):
        if by := _naming(rf"(?m)(?<![\w./-]){re.escape(path)}(?![\w.-])", texts):
            ledger.record("directory", path, created=True, data=True, by=by)
    ledger.save()
    return fresh


def _naming(pattern: str, texts: Mapping[str, str]) -> str:
    """The package that names what matches the pattern, `` when none does."""
    return next((name for name, text in texts.items() if re.search(pattern, text)), "")


def _text(name: str, host: Host) -> str:
    """All that the package's scripts, file list and sysusers files say."""
    owned = host.manager.owned_paths(name)
    parts = [host.manager.scripts(name), *sorted(owned)]
    for path in owned:
        if path.startswith("/usr/lib/sysusers.d/") and path.endswith(".conf"):
            found = host.root / path[1:]
            parts.append(found.read_text(encoding="utf-8", errors="replace") if found.is_file() else "")
    return "\n".join(parts)
