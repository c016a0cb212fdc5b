"""Asks and tells launchd about jobs of the calling user, after launchctl's documented behaviour."""

from __future__ import annotations

import os
import plistlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError, run

PROGRAM = "/bin/launchctl"
NO_SUCH_JOB = 113
# `print` of a domain that is not there: nobody is logged in at the screen.
NO_SUCH_DOMAIN = (112, 125)
STOPPING = 36  # `bootout` of a job that is being stopped
NOT_LOADED = 3
CONSOLE = Path("/dev/console")
# The facts of the job itself stand one tab deep; those of its parts, deeper, have the same names.
FACT = re.compile(r"^\t(state|pid|runs|last exit code) = (.*)$", re.MULTILINE)


def domains() -> tuple[str, str]:
    """The user's two domains, the one that jobs are loaded into first.

    gui/UID is there while the user is logged in at the screen; else, as over ssh, it is user/UID. Homebrew
    decides in the same way.
    """
    uid = os.getuid()
    try:
        at_screen = CONSOLE.stat().st_uid == uid
    except OSError:
        at_screen = False
    gui, user = f"gui/{uid}", f"user/{uid}"
    return (gui, user) if at_screen else (user, gui)


def find(label: str) -> tuple[str, str]:
    """The domain in which a job is loaded and what launchd says of it; ("", "") when it is in neither.

    A job that was loaded at login stays in gui/UID when its user comes by ssh later.
    """
    for domain in domains():
        done = run([PROGRAM, "print", f"{domain}/{label}"])
        if done.returncode == 0:
            return domain, done.stdout
        if done.returncode not in (NO_SUCH_JOB, *NO_SUCH_DOMAIN):
            said = done.stderr.strip() or f"exit status {done.returncode}"
            raise SupervisorError(f"launchd does not answer: {said}", f"launchctl print {domain}/{label}")
    return "", ""


def facts(text: str) -> Mapping[str, str]:
    """What `launchctl print` says of a job: state, pid, runs, last exit code."""
    return dict(reversed(FACT.findall(text)))


def disabled() -> set[str]:
    """Labels that the user disabled for good; both domains share the list."""
    text = run([PROGRAM, "print-disabled", domains()[0]]).stdout
    return set(re.findall(r'"(.+)" => (?:true|disabled)', text))


def load(label: str, path: str) -> None:
    """Load a property list. Raises SupervisorError."""
    domain = domains()[0]
    if label in disabled():
        _do("enable", f"{domain}/{label}")
    _do("bootstrap", domain, path)


def unload(label: str) -> bool:
    """Ask a job to end and launchd to forget it, without waiting; False when it is not loaded."""
    domain, _ = find(label)
    if domain:
        _do("bootout", f"{domain}/{label}", accept=(0, NOT_LOADED, STOPPING))
    return bool(domain)


def read(path: str) -> Mapping[str, Any]:
    """A property list; {} when there is none that can be read."""
    try:
        found = plistlib.loads(Path(path).read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return {}
    return found if isinstance(found, dict) else {}


def _do(*words: str, accept: tuple[int, ...] = (0,)) -> None:
    done = run([PROGRAM, *words], seconds=None)
    if done.returncode not in accept:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        hint = f"plutil -lint {words[-1]}" if words[0] == "bootstrap" else f"launchctl print {words[-1]}"
        raise SupervisorError(f"`launchctl {' '.join(words)}` failed: {said}", hint)
