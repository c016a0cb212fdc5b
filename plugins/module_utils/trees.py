"""How everything below a directory must be: whose it is, and who else may do what with it."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.items import mode_of, whole_path

MODES = ("directory_mode", "file_mode", "directory_least", "file_least")
KEYS = ("user", "group", "also", *MODES)


@dataclass(frozen=True, kw_only=True)
class Standard:
    """Whose a thing is, and between which modes its own program may choose.

    `user` and `group` are names, "" for anybody; `also` are other pairs `user:group` that are right as well.
    What has more permissions than the mode loses them, what has less than the least gets them; the least is
    None where it follows from the mode: what an owner needs to work with it.
    """

    user: str = ""
    group: str = ""
    also: tuple[str, ...] = ()
    directory_mode: int = 0o750
    file_mode: int = 0o640
    directory_least: int | None = None
    file_least: int | None = None

    def mode(self, have: int, directory: bool) -> int:
        """The mode that something with the mode `have` gets; the same when it is within the bounds."""
        most = self.directory_mode if directory else self.file_mode
        least = self.directory_least if directory else self.file_least
        if least is None:
            least = most & (0o700 if directory else 0o600) if self.user else 0
        mode = (have & most) | least
        if not directory and mode & 0o100:
            mode |= (mode & 0o044) >> 2 & most  # who may read a program may run it
        return mode


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A directory and what is below it, on the same file system.

    `rules` hold for names (patterns of a path within the tree) and for what is below them; the first that
    fits counts. `guarded`: a service's account can write here, so a link that leads out of it, or an SSH
    key, is a sign of an intrusion. `depth` is how many levels belong to it, None for all, 0 for the
    directory alone.
    """

    path: Path
    standard: Standard
    rules: tuple[tuple[str, Standard], ...] = ()
    guarded: bool = True
    depth: int | None = None

    @classmethod
    def from_options(cls, given: Mapping[str, Any]) -> Tree:
        """The tree that options of the module `place`, or a ledger's entry, describe. Raises Refused."""
        path = whole_path({"path": given.get("path") or given.get("name") or ""})
        standard = _standard(Standard(), given, path)
        rules = tuple((str(one["name"]), _standard(standard, one, path)) for one in given.get("rules") or ())
        guarded = given.get("guarded")
        return cls(
            path=path,
            standard=standard,
            rules=rules,
            guarded=guarded if guarded is not None else True,
            depth=given.get("depth"),
        )

    def of(self, relative: str, above: Standard) -> Standard:
        """What holds for the path within the tree, given what holds for the directory that it is in."""
        if not self.rules:
            return above
        return next((one for name, one in self.rules if fnmatch.fnmatchcase(relative, name)), above)

    def facts(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the ledger keeps of the options: those that were given."""
        kept = {key: given[key] for key in (*KEYS, "guarded", "depth") if _is_given(given.get(key))}
        rules = [{k: v for k, v in one.items() if _is_given(v)} for one in given.get("rules") or ()]
        return kept | ({"rules": rules} if rules else {})


def _is_given(value: Any) -> bool:
    return value not in (None, "", [], ())


def _standard(base: Standard, given: Mapping[str, Any], where: Path) -> Standard:
    changes: dict[str, Any] = {key: str(given[key]) for key in ("user", "group") if given.get(key)}
    changes |= {key: mode_of({**given, "path": where}, key) for key in MODES if given.get(key)}
    if given.get("also"):
        for pair in given["also"]:
            if str(pair).count(":") != 1:
                raise Refused(f"`also` of `{where}` has `{pair}`, which is not of the form user:group")
        changes["also"] = tuple(map(str, given["also"]))
    return replace(base, **changes)


class Owners:
    """The accounts that standards name, as numbers; those that do not exist are told by `missing`."""

    def __init__(self, accounts: Accounts) -> None:
        self.uid: Callable[[str], int | None] = cache(accounts.uid)
        self.gid: Callable[[str], int | None] = cache(accounts.gid)

    def missing(self, tree: Tree) -> list[str]:
        """Accounts that the tree's things are to belong to and that are not there."""
        standards = (tree.standard, *(one for _, one in tree.rules))
        users = {f"user `{one.user}`" for one in standards if one.user and self.uid(one.user) is None}
        return sorted(
            users | {f"group `{one.group}`" for one in standards if one.group and self.gid(one.group) is None}
        )

    def wanted(self, standard: Standard, found: os.stat_result) -> tuple[int, int, int]:
        """(uid, gid, mode) that the thing must have."""
        mode = standard.mode(stat.S_IMODE(found.st_mode), stat.S_ISDIR(found.st_mode))
        pairs = (pair.split(":") for pair in standard.also)
        if (found.st_uid, found.st_gid) in [(self.uid(user), self.gid(group)) for user, group in pairs]:
            return found.st_uid, found.st_gid, mode
        uid = self.uid(standard.user) if standard.user else None
        gid = self.gid(standard.group) if standard.group else None
        return found.st_uid if uid is None else uid, found.st_gid if gid is None else gid, mode


def stated(entries: Sequence[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """What the entries state by itself, for trees to leave alone: (files and directories, trees)."""
    single = {str(one["name"]) for one in entries if one["kind"] in ("file", "directory") and one.get("mode")}
    return single, {str(one["name"]) for one in entries if one["kind"] == "tree"}
