"""Action `access`: enters a host and becomes root there, and says how to do that or why it cannot be done."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.rabbitry.stack.plugins.plugin_utils import access, ssh

GIVEN = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass", "ansible_su_pass")
Vars = dict[str, Any]


class ActionModule(ActionBase):
    """No arguments. Never fails and changes nothing: a host that cannot be entered is an answer.

    Returns `access`: name, ssh (words of the command that enters it), user, state (entered, password, wrong
    or refused), and of all but the first message and hint.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Vars | None = None) -> Vars:
        """Try it with an empty command, which needs no Python there."""
        result: Vars = super().run(tmp, task_vars)
        given = dict(task_vars or {})
        door = self.door(given)
        try:
            answer = self._low_level_execute_command("true", sudoable=True)
            text = "" if answer["rc"] == 0 else f"{answer['stdout']}\n{answer['stderr']}"
        except AnsibleError as error:
            text = str(error) or "no reason was given"
        state, fault = access.judge(door, text) if text else (access.ENTERED, None)
        known = {"name": door.host, "ssh": list(door.ssh), "user": door.user, "state": state}
        return {**result, "changed": False, "access": known | (fault.as_dict() if fault else {})}

    def door(self, given: Vars) -> access.Door:
        """What Ansible has made of the inventory, its configuration and the environment."""
        connection = self._connection
        options: Vars = {}
        if connection.transport == "ssh":
            options = {name: connection.get_option(name) for name in ssh.OPTIONS}
        return access.Door(
            host=str(given["inventory_hostname"]),
            ssh=ssh.command(options) if options else [],
            user=str(options.get("remote_user") or ""),
            method=getattr(connection.become, "name", "sudo").rpartition(".")[2],
            given=any(name in given for name in GIVEN),
            inventory=str(given.get("inventory_dir") or "inventory"),
        )
