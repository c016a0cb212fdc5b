"""The `ssh` command that enters a host the way Ansible does, for tunnels, terminals and pasted hints."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The options of Ansible's connection plugin `ssh` that decide where it goes and as whom.
OPTIONS = (
    *("host", "port", "remote_user", "private_key_file", "ssh_executable"),
    *("host_key_checking", "ssh_args", "ssh_common_args", "ssh_extra_args"),
)
# Ansible shares its connections; what is started here ends with whoever started it.
SHARING = ("controlmaster", "controlpersist", "controlpath")


def command(options: Mapping[str, Any]) -> list[str]:
    """The words of the command up to and including the destination; `options` by the names in OPTIONS.

    Jump hosts and everything else in the three options of extra arguments stay; connection sharing goes.
    """
    words = [str(options.get("ssh_executable") or "ssh")]
    for name in ("ssh_args", "ssh_common_args", "ssh_extra_args"):
        words += own(shlex.split(str(options.get(name) or "")))
    if options.get("host_key_checking") is False:
        words += ["-o", "StrictHostKeyChecking=no"]
    if options.get("port"):
        words += ["-p", str(options["port"])]
    if options.get("private_key_file"):
        words += ["-i", str(Path(options["private_key_file"]).expanduser())]
    host, user = str(options["host"]), options.get("remote_user")
    return [*words, f"{user}@{host}" if user else host]


def own(words: list[str]) -> list[str]:
    """Arguments of ssh without those that share a connection: `-o Control…`, `-oControl…`, `-S path`."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in ("-o", "-S"):
            value = next(rest, "")
            if word == "-o" and not shares(value):
                kept += [word, value]
        elif not (word.startswith("-o") and shares(word.removeprefix("-o"))):
            kept.append(word)
    return kept


def shares(option: str) -> bool:
    """Whether a setting of ssh, `Name=value` or `Name value`, is about connection sharing."""
    return option.replace("=", " ").split(" ")[0].lower() in SHARING
