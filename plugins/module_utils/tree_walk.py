"""Walks a directory tree that a service's account can write to, and brings it in order, following no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.drift import account
from ansible_collections.rabbitry.stack.plugins.module_utils.files import mode_of
from ansible_collections.rabbitry.stack.plugins.module_utils.no_follow import DIRECTORY, enter, mend
from ansible_collections.rabbitry.stack.plugins.module_utils.trees import Owners, Standard, Tree

GLANCE = 20_000  # things that a run without changes looks at
EVERYTHING = 2_000_000
DEEPEST = 100
KEYS = (".ssh", "authorized_keys", "authorized_keys2")


@dataclass(frozen=True)
class Deviation:
    """Something that is not as stated: `before` and `after` read like `root:root 0777`."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Suspicion:
    """Something that no fault of an operator explains; `why` is a sentence that names it."""

    path: str
    why: str


def describe(uid: int, gid: int, mode: int) -> str:
    """`redis:redis 0640`."""
    return f"{account('user', uid)}:{account('group', gid)} {mode:04o}"


@dataclass
class Walk:
    """One walk over a tree; with `act` what deviates is mended. `single` and `trees` are left alone.

    What vanishes while it runs is no fault: services delete files.
    """

    tree: Tree
    owners: Owners
    single: Collection[str] = ()
    trees: Collection[str] = ()
    act: bool = False
    limit: int = EVERYTHING
    seen: int = 0
    device: int = field(default=0, init=False)
    right: set[tuple[int, int, int, int]] = field(default_factory=set, init=False)

    def __iter__(self) -> Iterator[Deviation | Suspicion]:
        """What is found, outermost first. Raises OSError for what cannot be looked at."""
        path = self.tree.path
        try:
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode):
                yield Suspicion(str(path), f"`{path}` is a link to `{path.readlink()}` and not a directory")
                return
            above = enter(path.parent)
        except FileNotFoundError:
            return
        except NotADirectoryError:
            yield Suspicion(str(path), f"the way to `{path}` leads over a link that root did not make")
            return
        try:
            yield from self._from(above)
        finally:
            os.close(above)

    def _from(self, above: int) -> Iterator[Deviation | Suspicion]:
        path = self.tree.path
        try:
            directory = os.open(path.name, DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        except (FileNotFoundError, NotADirectoryError):
            return
        try:
            self.device = os.fstat(directory).st_dev
            standard = self.tree.of(".", self.tree.standard)
            if str(path) not in self.single:
                yield from self._compare(above, path.name, str(path), os.fstat(directory), standard)
            yield from self._below(directory, "", self.tree.standard, 0)
        finally:
            os.close(directory)

    def _below(
        self, directory: int, prefix: str, above: Standard, level: int
    ) -> Iterator[Deviation | Suspicion]:
        if level == (DEEPEST if self.tree.depth is None else self.tree.depth):
            return
        inner: list[tuple[str, str, Standard]] = []
        for entry in sorted(os.scandir(directory), key=lambda one: one.name):
            self.seen += 1
            if self.seen > self.limit:
                return
            relative = prefix + entry.name
            path = f"{self.tree.path}/{relative}"
            with suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                if found.st_dev != self.device or path in self.trees:
                    continue
                standard = self.tree.of(relative, above)
                # Thousands of things are alike: what was right once need not be judged again.
                like = (found.st_mode, found.st_uid, found.st_gid, id(standard))
                if like not in self.right or entry.name in KEYS:
                    suspicion = self._suspect(directory, entry.name, path, found)
                    if suspicion:
                        yield suspicion
                    elif path not in self.single and _is_plain(found):
                        yield from self._compare(directory, entry.name, path, found, standard)
                if stat.S_ISDIR(found.st_mode):
                    inner.append((entry.name, f"{relative}/", standard))
        for name, deeper, standard in inner:
            try:
                descriptor = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            except (FileNotFoundError, NotADirectoryError):
                continue
            try:
                yield from self._below(descriptor, deeper, standard, level + 1)
            finally:
                os.close(descriptor)

    def _suspect(self, directory: int, name: str, path: str, found: os.stat_result) -> Suspicion | None:
        mode = found.st_mode
        if stat.S_ISLNK(mode) and self.tree.guarded:
            target = os.readlink(name, dir_fd=directory)
            inside = os.path.normpath(Path(path).parent / target)
            if not Path(inside).is_relative_to(self.tree.path):
                return Suspicion(path, f"`{path}` is a link to `{target}`")
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            return Suspicion(path, f"`{path}` runs with its owner's rights (mode {mode_of(found)})")
        if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
            return Suspicion(path, f"`{path}` is a device")
        if self.tree.guarded and name in KEYS:
            return Suspicion(path, f"`{path}` lets somebody log in by SSH")
        return None

    def _compare(
        self, directory: int, name: str, path: str, found: os.stat_result, standard: Standard
    ) -> Iterator[Deviation | Suspicion]:
        uid, gid, mode = self.owners.wanted(standard, found)
        have = stat.S_IMODE(found.st_mode)
        if (uid, gid, mode) == (found.st_uid, found.st_gid, have):
            self.right.add((found.st_mode, found.st_uid, found.st_gid, id(standard)))
            return
        before = describe(found.st_uid, found.st_gid, have)
        shared = stat.S_ISREG(found.st_mode) and found.st_nlink > 1
        # Another name of it is elsewhere: nothing is done but what its own account could do itself.
        if shared and ((uid, gid) != (found.st_uid, found.st_gid) or mode & ~have):
            yield Suspicion(path, f"`{path}` ({before}) is another name of a file elsewhere (hard link)")
            return
        if not self.act or mend(directory, name, found, uid, gid, mode):
            yield Deviation(path, before, describe(uid, gid, mode))


def _is_plain(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
