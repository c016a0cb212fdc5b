"""Puts directories on PATH: by a file for all users, and by blocks in the dotfiles of those named."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import blocks, files, managed_block
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.homes import Person
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Entry, Ledger, restore
from ansible_collections.rabbitry.stack.plugins.module_utils.path_script import script
from ansible_collections.rabbitry.stack.plugins.module_utils.placement import Placement
from ansible_collections.rabbitry.stack.plugins.module_utils.startup import KNOWN, shell_name, startup_files

# Programs here run as whoever calls them; their wrappers elsewhere switch to the broker's user first.
UNWRAPPED = re.compile(r"/rabbitmq/bin$|/rabbitmq_server-[^/]+/sbin$")


def check_directories(directories: Sequence[str], front: bool) -> None:
    """Refused for what cannot stand on PATH, and for an order in which the broker's user is bypassed."""
    for one in directories:
        if not re.fullmatch(r"/[^:\n\0]*", one):
            raise Refused(f"`{one}` cannot be on PATH: a directory's whole path, without `:`")
    bare = [index for index, one in enumerate(directories) if UNWRAPPED.search(one)]
    if bare and (front or "/usr/sbin" not in directories[: bare[0]]):
        raise Refused(
            f"`{directories[bare[0]]}` must come after `/usr/sbin` and behind what is on PATH already: its "
            "programs do not switch to the broker's user, and what they write as another stops the broker",
            "ls -l /usr/sbin/rabbitmqctl",
        )


class ShellPath:
    """Does what it is told, or with check=True only tells what it would. Save the ledger afterwards.

    `notes` are users that were left out, `refusals` what could not be done; the rest is done all the same.
    """

    def __init__(self, ledger: Ledger, check: bool = False) -> None:
        self.ledger = ledger
        self.placement = Placement(ledger, Accounts(), check)
        self.changes = self.placement.changes
        self.notes: list[str] = []
        self.refusals: list[Refused] = []
        self._wanted: set[tuple[str, str]] = set()
        self._untouched: set[str] = set()

    def all(self, asked: Mapping[str, Any]) -> None:
        """`asked` are the module's options; raises Refused for directories that cannot be, OSError."""
        if asked["state"] == "present":
            directories, front = asked["directories"], asked["front"]
            check_directories(directories, front)
            if asked["file"]:
                self.file(asked)
            for name in dict.fromkeys(asked["users"]):
                try:
                    self.user(name, directories, front, asked["bash_login"])
                except Refused as refused:
                    self.refusals.append(refused)
                    self._untouched.add(name)
        for entry in reversed(self.ledger.entries):
            if (entry["kind"], entry["name"]) not in self._wanted:
                self.leave(entry)

    def file(self, asked: Mapping[str, Any]) -> None:
        """The file that every user's login shell reads: a script, or lines for macOS's path_helper."""
        lines = "".join(f"{one}\n" for one in asked["directories"])
        text = f"# Written by Rabbitry.\n{script(asked['directories'], asked['front'], True)}"
        content = text if asked["file_format"] == "script" else lines
        item = {"path": asked["file"], "content": content, "mode": "0644"}
        self.placement.file({**item, "user": asked["file_user"], "group": asked["file_group"]})
        self._wanted.add(("file", asked["file"]))

    def user(self, name: str, directories: Sequence[str], front: bool, bash_login: str) -> None:
        """The blocks in one user's dotfiles. Raises Refused."""
        person = Person.of(name)
        if person is None:
            raise Refused(
                f"there is no user `{name}` whose PATH could be set", f"getent passwd {shlex.quote(name)}"
            )
        if shell_name(person) not in KNOWN:
            self.notes.append(
                f"`{name}` is left out: its shell `{person.shell}` reads none of the files known here"
            )
            return
        for one in startup_files(person, bash_login):
            text, key = blocks.block(script(directories, front, one.login)), str(one.path)
            facts = managed_block.put(one.path, person, text, self.ledger.find("block", key), self.changes)
            self.ledger.record("block", key, **facts)
            self._wanted.add(("block", key))

    def leave(self, entry: Entry) -> None:
        """Undo one thing that is not wanted any more."""
        if entry["kind"] == "block" and entry.get("user") not in self._untouched:
            try:
                managed_block.take(entry, self.changes)
            except Refused as refused:
                self.refusals.append(refused)
            else:
                self.ledger.forget("block", entry["name"])
        elif entry["kind"] == "file":
            self._leave_file(entry)
        elif entry["kind"] == "directory" and entry["created"]:
            path = Path(entry["name"])
            if path.is_dir() and not any(path.iterdir()):
                self.changes.make(entry["name"], "a directory\n", "absent\n", path.rmdir)
                self.ledger.forget("directory", entry["name"])

    def _leave_file(self, entry: Entry) -> None:
        path, before = Path(entry["name"]), entry.get("original")
        if before:
            self.changes.make(
                entry["name"], "Rabbitry's\n", "as before\n", lambda: restore(path, before, self.ledger.root)
            )
        elif entry["created"] and files.status(path) is not None:
            self.changes.make(entry["name"], "a file\n", "absent\n", path.unlink)
        self.ledger.forget("file", entry["name"])
