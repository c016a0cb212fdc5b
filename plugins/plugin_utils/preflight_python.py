"""Whether a host has a Python for the modules, and what brings one, system by system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import numbers
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_mac import is_mac, layout_of

NEEDED = (3, 11)
UNIVERSE = "sudo add-apt-repository --yes universe && "
# What brings a new enough Python, and where it is then, by package manager.
BY_MANAGER = {
    "apt": ("sudo apt-get install python3.11 python3.11-venv", "/usr/bin/python3.11"),
    "dnf": ("sudo dnf install python3.12", "/usr/bin/python3.12"),
    "": ("install Python 3.11 or newer", "/usr/local/bin/python3"),
}


def judge_python(seen: Mapping[str, Any], host: str) -> list[Fault]:
    """The interpreter must be one that the modules are written for."""
    version, path = seen["python"]["version"], seen["python"]["executable"]
    if numbers(version) >= NEEDED:
        return []
    command, interpreter = remedy(seen)
    name = seen["os"]["name"] or seen["os"]["system"]
    message = f"host {host} ({name}) has Python {version} at {path}: 3.11 or newer is needed"
    return [
        Fault(message, f"{command}   # then write `ansible_python_interpreter: {interpreter}` for {host}")
    ]


def remedy(seen: Mapping[str, Any]) -> tuple[str, str]:
    """The command that installs a new enough Python, and the interpreter that it brings."""
    if is_mac(seen):
        return "brew install python@3.13", f"{layout_of(seen)['prefix']}/bin/python3.13"
    command, interpreter = BY_MANAGER.get(seen["package_manager"], BY_MANAGER[""])
    # Ubuntu 22.04 has it, but in a part of the archive that a minimal system does not use.
    return (UNIVERSE + command if seen["os"]["id"] == "ubuntu" else command), interpreter
