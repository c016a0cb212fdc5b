"""Judges how entering a host and becoming root went: one state, and one sentence for each refusal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

ENTERED, PASSWORD, WRONG, REFUSED = "entered", "password", "wrong", "refused"
PREFIX = re.compile(r"^(Task failed: )?(Failed to connect to the host via ssh: )?(ssh: )?")
# What ssh and Ansible say beside the reason.
ASIDE = re.compile(r"^(Warning: Permanently|ControlSocket |Shared connection |Connection to \S+ closed)")


@dataclass(frozen=True, kw_only=True)
class Door:
    """A host, the command that enters it (empty when that is not ssh), the user there and how root is become.

    `given` says that the inventory, which is in the directory `inventory`, gives a password for that.
    """

    host: str
    ssh: Sequence[str]
    user: str
    method: str = "sudo"
    given: bool = False
    inventory: str = "inventory"

    @property
    def who(self) -> str:
        """The user there, as a subject of a sentence."""
        return f"`{self.user}`" if self.user else "the user"

    def shell(self, *words: str, terminal: bool = False) -> str:
        """The pasteable command that runs words there."""
        first, *rest = self.ssh or ["ssh", self.host]
        return shlex.join([first, *(["-t"] if terminal else []), *rest, *words])


def judge(door: Door, text: str) -> tuple[str, Fault | None]:
    """State and fault of a host that said `text` when it was to be entered, known or not."""
    said = reason(text)
    if f"Missing {door.method} password" in text or "password is required" in text:
        return PASSWORD, no_password(door)
    if f"Incorrect {door.method} password" in text:
        return WRONG, wrong_password(door)
    return REFUSED, refused(door, text, said)


def reason(text: str) -> str:
    """The last line that says why."""
    lines = [PREFIX.sub("", line.strip()) for line in text.splitlines()]
    told = [line for line in lines if line and not ASIDE.match(line)]
    return told[-1].rstrip(".") if told else "no reason was given"


def no_password(door: Door) -> Fault:
    """Nobody has given a password yet."""
    return Fault(
        f"{door.method} on {door.host} wants the password of {door.who}",
        f".venv/bin/ansible-vault create {door.inventory}/host_vars/{door.host}.yml"
        "   # ansible_become_password: …",
    )


def wrong_password(door: Door) -> Fault:
    """The password of the inventory, or the one that was typed, is not the user's."""
    which = "in `ansible_become_password`" if door.given else "that was given"
    return Fault(
        f"{door.method} on {door.host} does not accept the password {which} for {door.who}",
        door.shell(door.method, "-v", terminal=True),
    )


def refused(door: Door, text: str, said: str) -> Fault:
    """The host cannot be reached, does not know us, or does not let the user become root."""
    enter = door.shell("true")
    if "Could not resolve hostname" in text:
        return Fault(
            f"host {door.host} cannot be found: {said}",
            f"getent hosts {address(door)}   # or write its `ansible_host`",
        )
    if "Host key verification failed" in text or "HOST IDENTIFICATION HAS CHANGED" in text:
        changed = "has changed" in text or "HAS CHANGED" in text
        what = "is not the known one" if changed else "is not known here"
        return Fault(f"the ssh key of host {door.host} {what}", enter)
    if "Permission denied" in text:
        copy = shlex.join(["ssh-copy-id", *door.ssh[1:]]) if door.ssh else enter
        return Fault(f"host {door.host} lets no key of ours in as {door.who}: {said}", copy)
    if re.search(r"not in the sudoers|may not run sudo|not allowed to", text):
        add = f"su -c '/usr/sbin/usermod -aG sudo {door.user}'"
        return Fault(
            f"{door.who} may not use {door.method} on host {door.host}", door.shell(add, terminal=True)
        )
    if re.search(rf"{door.method}: (command )?not found|not found: {door.method}", text):
        install = f"su -c 'apt-get install {door.method}'"
        return Fault(f"host {door.host} has no `{door.method}`", door.shell(install, terminal=True))
    if re.search(r"connect to host|[Tt]imed out|No route|Connection (refused|closed|reset)", text):
        return Fault(f"host {door.host} cannot be reached: {said}", enter)
    return Fault(f"{door.who} cannot become root on host {door.host}: {said}", enter)


def address(door: Door) -> str:
    """Where the command goes, without the user."""
    return door.ssh[-1].rpartition("@")[2] if door.ssh else door.host
