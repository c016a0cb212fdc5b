#!/usr/bin/python
"""Module sandbox: finds which of a unit's sandbox options this host cannot provide."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: sandbox
short_description: Sandbox options that this host cannot provide
description:
  - Starts a transient systemd unit with the given options. In a container without the needed capabilities, or
    where user namespaces are turned off, such a unit ends before its program starts (status 217 or 226).
  - Then returns the smallest set of relaxations with which it starts. Changes nothing.
  - On a host without systemd, and where nothing needs to be relaxed, the answer is empty.
options:
  options: {description: "Options of the unit that may fail, as Name=value.", type: dict, required: true}
  relaxed: {description: The value that turns each of them off., type: dict, required: true}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Try the sandbox
  rabbitry.stack.sandbox:
    options: {PrivateUsers: "yes", ProtectProc: invisible}
    relaxed: {PrivateUsers: "no", ProtectProc: default}
"""

RETURN = r"""
lines: {description: "Lines for the unit's [Service] section.", type: list, elements: str, returned: success}
"""

ARGUMENTS = {
    "options": {"type": "dict", "required": True},
    "relaxed": {"type": "dict", "required": True},
}


def relaxation(
    options: dict[str, str], relaxed: dict[str, str], starts: Callable[[dict[str, str]], bool]
) -> list[str] | None:
    """Return the smallest set of ``relaxed`` lines with which a unit ``starts``; None when none helps."""
    for count in range(len(relaxed) + 1):
        for names in combinations(relaxed, count):
            if starts(options | {name: relaxed[name] for name in names}):
                return [f"{name}={relaxed[name]}" for name in names]
    return None


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)

    def starts(options: dict[str, str]) -> bool:
        properties = [f"--property={name}={value}" for name, value in options.items()]
        command = ["systemd-run", "--quiet", "--wait", "--collect", "--uid=nobody", *properties, "/bin/true"]
        return bool(module.run_command(command)[0] == 0)

    lines: list[str] | None = []
    if Path("/run/systemd/system").is_dir():
        lines = relaxation(module.params["options"], module.params["relaxed"], starts)
    if lines is None:
        names = ", ".join(module.params["relaxed"])
        module.fail_json(
            msg=f"systemd cannot start a sandboxed unit on this host, not even without {names}",
            hint="systemd-run --wait --pty --uid=nobody /bin/true",
        )
    module.exit_json(changed=False, lines=lines)


if __name__ == "__main__":
    main()
