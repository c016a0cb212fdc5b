"""Say in one sentence how a thing on this host differs from what the ledger says of it."""

from __future__ import annotations

import grp
import pwd
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import files, managed_block, managers

Entry = Mapping[str, Any]


def account(kind: str, number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name if kind == "user" else grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _attributes(entry: Entry) -> str | None:
    found = Path(entry["name"]).lstat()
    have = {
        "mode": files.mode_of(found),
        "user": account("user", found.st_uid),
        "group": account("group", found.st_gid),
    }
    for key, value in have.items():
        if entry.get(key) not in (None, "", value):
            return f"`{entry['name']}` has {key} `{value}`, not `{entry[key]}`"
    return None


def _file(entry: Entry) -> str | None:
    try:
        content = files.read(Path(entry["name"]))
    except files.Refused as refused:
        return refused.message
    if content is None:
        return f"`{entry['name']}` is gone"
    if files.digest(content) != entry.get("sha256"):
        return f"`{entry['name']}` has other content"
    return _attributes(entry)


def _directory(entry: Entry) -> str | None:
    found = files.status(Path(entry["name"]))
    if found is None or not stat.S_ISDIR(found.st_mode):
        return f"the directory `{entry['name']}` is gone"
    return _attributes(entry)


def _link(entry: Entry) -> str | None:
    path = Path(entry["name"])
    if not path.is_symlink():
        return f"the link `{path}` is gone"
    target = str(path.readlink())
    return (
        None
        if target == entry.get("target")
        else f"`{path}` points to `{target}`, not to `{entry.get('target')}`"
    )


def _absent(entry: Entry) -> str | None:
    return f"`{entry['name']}` is there again" if files.status(Path(entry["name"])) else None


def _user(entry: Entry) -> str | None:
    try:
        pwd.getpwnam(entry["name"])
    except KeyError:
        return f"the user `{entry['name']}` is gone"
    return None


def _group(entry: Entry) -> str | None:
    try:
        grp.getgrnam(entry["name"])
    except KeyError:
        return f"the group `{entry['name']}` is gone"
    return None


def _package(entry: Entry) -> str | None:
    manager = managers.known()
    version = manager.installed().get(entry["name"]) if manager else None
    if version is None:
        return f"the package `{entry['name']}` is not installed"
    if entry.get("version") not in (None, version):
        return f"the package `{entry['name']}` is version {version}, not {entry['version']}"
    return None


def _service(entry: Entry) -> str | None:
    units = entry.get("unit_path") or []
    for path in [units] if isinstance(units, str) else units:
        if files.status(Path(path)) is None:
            return f"`{path}` of the service `{entry['name']}` is gone"
    return None


def _tree(entry: Entry) -> str | None:
    path = Path(str(entry.get("path") or entry["name"]))
    return None if path.exists() else f"the {entry['kind']} `{path}` is gone"


CHECKS: dict[str, Callable[[Entry], str | None]] = {
    "block": managed_block.drift,
    "file": _file,
    "directory": _directory,
    "link": _link,
    "absent": _absent,
    "user": _user,
    "group": _group,
    "package": _package,
    "service": _service,
    "release": _tree,
    "venv": _tree,
}


def drift(entry: Entry) -> str | None:
    """One sentence naming what differs, None when nothing does or this kind leaves nothing to look at.

    Whether a service runs and a broker has its definitions is not looked at here: ask them.
    """
    check = CHECKS.get(str(entry["kind"]))
    return check(entry) if check else None
