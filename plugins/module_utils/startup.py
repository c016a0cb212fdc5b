"""Which files of a user's home their shells read when they start."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.rabbitry.stack.plugins.module_utils import files
from ansible_collections.rabbitry.stack.plugins.module_utils.homes import Person, acting_as

KNOWN = {"bash", "zsh", "sh", "dash", "ksh"}
BASH_LOGIN = (".bash_profile", ".bash_login", ".profile")  # bash reads the first that is there, and only that
ZSHENVS = ("/etc/zsh/zshenv", "/etc/zshenv")
STANDARD_PATH = "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin"
TIMEOUT = 5  # seconds that a user's ~/.zshenv may take


class Startup(NamedTuple):
    """A file that a shell reads: a login shell, or an interactive one that is none."""

    path: Path
    login: bool


def shell_name(person: Person) -> str:
    """`bash`, `zsh` and so on."""
    return Path(person.shell).name


def startup_files(person: Person, bash_login: str) -> list[Startup]:
    """The files in which the user's own shell looks, there or not, and those of the other one that are there.

    `bash_login` is the file to make for a bash user who has none for login shells.
    """
    own = shell_name(person)
    zsh = zsh_directory(person)
    with acting_as(person):
        logins = [name for name in BASH_LOGIN if files.status(person.home / name) is not None]
        of_zsh = [Startup(zsh / ".zprofile", True), Startup(zsh / ".zshrc", False)]
        of_bash = [
            Startup(person.home / (*logins, bash_login)[0], True),
            Startup(person.home / ".bashrc", False),
        ]
        mine, others = (of_zsh, of_bash) if own == "zsh" else (of_bash, of_zsh)
        if own not in ("bash", "zsh"):  # sh and its like read no more than .profile
            mine, others = [Startup(person.home / ".profile", True)], of_bash + of_zsh
        there = [one for one in others if one not in mine and files.status(one.path) is not None]
    return mine + there


def zsh_directory(person: Person) -> Path:
    """Where zsh looks for the user's files: ZDOTDIR as their zshenv sets it, their home otherwise."""
    with acting_as(person):
        texts = [_text(Path(one)) for one in (*ZSHENVS, person.home / ".zshenv")]
    if b"ZDOTDIR" not in b"".join(texts):
        return person.home
    zsh = person.shell if shell_name(person) == "zsh" else shutil.which("zsh", path=STANDARD_PATH)
    if zsh is None or not os.access(zsh, os.X_OK):
        return person.home
    answer = _ask(zsh, person)
    return Path(os.fsdecode(answer)) if answer.startswith(b"/") else person.home


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""


def _ask(zsh: str, person: Person) -> bytes:
    """What zsh says after it read the user's zshenv, as that user; empty when it says nothing in time."""
    drop: dict[str, Any] = {}
    if os.geteuid() != person.uid:
        groups = os.getgrouplist(person.name, person.gid)
        drop = {"user": person.uid, "group": person.gid, "extra_groups": groups}
    who = {"HOME": str(person.home), "USER": person.name, "LOGNAME": person.name}
    try:
        done = subprocess.run(
            [zsh, "-c", 'print -r -- "${ZDOTDIR-}"'],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**who, "PATH": STANDARD_PATH},
            cwd="/",
            timeout=TIMEOUT,
            start_new_session=True,
            check=False,
            **drop,
        )
    except (subprocess.TimeoutExpired, OSError):
        return b""
    lines = done.stdout.splitlines()
    return lines[-1] if lines else b""
