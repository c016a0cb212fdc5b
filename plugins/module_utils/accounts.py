"""Look up, create and remove the system accounts of a host."""

from __future__ import annotations

import grp
import pwd
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PASSWD = Path("/etc/passwd")
GROUP = Path("/etc/group")


class AccountError(Exception):
    """An account tool refused; the message names the account and carries the tool's own words."""


@dataclass(frozen=True, kw_only=True)
class User:
    """What `place` wants a user to be."""

    name: str
    group: str
    home: str
    shell: str
    comment: str
    groups: tuple[str, ...] = ()


def names(path: Path) -> set[str]:
    """Account names of a passwd or group file."""
    return {line.partition(":")[0] for line in path.read_text(encoding="utf-8").splitlines() if line}


def run(command: Sequence[str]) -> None:
    """Run an account tool; AccountError with its last line when it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except (FileNotFoundError, PermissionError):
        raise AccountError(
            f"`{command[0]}` is needed for the account `{command[-1]}` and is not installed"
        ) from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise AccountError(f"`{' '.join(command)}` failed: {said}")


class Accounts:
    """The accounts of this host; `tool` runs groupadd and its like (tests give their own)."""

    def __init__(self, tool: Callable[[Sequence[str]], None] = run) -> None:
        self._tool = tool

    def uid(self, name: str) -> int | None:
        """Numeric id of a user, None when there is none."""
        if name.isdecimal():
            return int(name)
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            return None

    def gid(self, name: str) -> int | None:
        """Numeric id of a group, None when there is none."""
        if name.isdecimal():
            return int(name)
        try:
            return grp.getgrnam(name).gr_gid
        except KeyError:
            return None

    def add_group(self, name: str) -> None:
        """Create a system group."""
        self._tool(["groupadd", "--system", name])

    def add_user(self, user: User) -> None:
        """Create a system user without a password; its home is named, not made."""
        command = ["useradd", "--system", "--no-create-home", "--gid", user.group, "--home-dir", user.home]
        self._tool([*command, "--shell", user.shell, "--comment", user.comment, user.name])

    def differences(self, user: User) -> list[str]:
        """Options of usermod that would make an existing user what `user` says (its groups aside)."""
        entry = pwd.getpwnam(user.name)
        wanted = (("--home", user.home, entry.pw_dir), ("--shell", user.shell, entry.pw_shell))
        options = [part for option, want, have in wanted if want != have for part in (option, want)]
        if self.gid(user.group) != entry.pw_gid:
            options += ["--gid", user.group]
        return options

    def missing_groups(self, user: User) -> list[str]:
        """Supplementary groups that the user is not yet a member of."""
        return [name for name in user.groups if not self._is_member(user.name, name)]

    def _is_member(self, user: str, group: str) -> bool:
        try:
            return user in grp.getgrnam(group).gr_mem
        except KeyError:
            return False

    def change_user(self, name: str, options: Sequence[str]) -> None:
        """Change an existing user by usermod's own options."""
        self._tool(["usermod", *options, name])

    def remove_user(self, name: str) -> None:
        """Remove a user; its home stays, and so does a group of the same name."""
        self._tool(["userdel", name])

    def remove_group(self, name: str) -> None:
        """Remove a group."""
        self._tool(["groupdel", name])
