#!/usr/bin/python
"""Module sandbox: finds which of a unit's sandbox options this host cannot provide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: sandbox
short_description: Sandbox options that this host cannot provide
description:
  - Starts a transient systemd unit with the given options. In a container without the needed capabilities, or
    where user namespaces are turned off, such a unit ends before its program starts (status 217 or 226).
  - Then turns off only what fails, option by option, and returns those lines. Changes nothing.
  - On a host without systemd, and where nothing needs to be relaxed, the answer is empty.
options:
  options: {description: "Options of the unit that may fail, the dearest first.", type: dict, required: true}
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
    """Return the ``relaxed`` lines without which no unit ``starts``; None when not even all of them help.

    Where options fail only together, the one that comes first in ``options`` stays.
    """
    if starts(options):
        return []
    kept = {**options, **relaxed}
    if not starts(kept):
        return None
    for name in options:
        if starts({**kept, name: options[name]}):
            kept[name] = options[name]
    return [f"{name}={relaxed[name]}" for name in options if kept[name] != options[name]]


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)

    def starts(options: dict[str, str]) -> bool:
        # An empty value resets an option in a unit file; here leaving it out does the same.
        properties = [f"--property={name}={value}" for name, value in options.items() if value]
        command = ["systemd-run", "--quiet", "--wait", "--collect", "--uid=nobody", *properties, "/bin/true"]
        return bool(module.run_command(command)[0] == 0)

    lines: list[str] | None = []
    if Path("/run/systemd/system").is_dir():
        lines = relaxation(module.params["options"], module.params["relaxed"], starts)
    if lines is None:
        names = ", ".join(module.params["relaxed"])
        module.fail_json(
            msg=f"systemd cannot start a unit on this host, not even without {names}",
            hint="systemd-run --wait --pty --uid=nobody /bin/true",
        )
    module.exit_json(changed=False, lines=lines)


if __name__ == "__main__":
    main()
