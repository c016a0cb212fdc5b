#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Put directories on PATH for login and interactive shells, by files and blocks that can be undone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: shell_path
short_description: Put directories on PATH for login and interactive shells
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Writes one file that the login shells of all users read, and a block between two marks into the startup
    files of the users named, for bash, zsh and what descends from sh.
  - A block is put at a file's end, renewed where it stands, and taken out byte for byte. A user's file is
    read and written with that user's rights; a link is followed to a file of theirs within their home only.
  - A file whose marks are damaged is refused. What is not asked for any more is undone.
  - A directory that is not there when a shell starts does not get onto its PATH; none gets there twice.
options:
  owner:
    description: In whose ledger all this is recorded.
    type: str
    required: true
  state:
    description: V(absent) undoes everything that this owner did.
    type: str
    choices: [present, absent]
    default: present
  directories:
    description: The directories, in this order.
    type: list
    elements: str
    default: []
  front:
    description: Whether they stand before what is on PATH, otherwise behind it.
    type: bool
    default: false
  file:
    description: A file for all users; empty for none.
    type: str
    default: ""
  file_format:
    description: V(script) for profile.d, V(lines) for the directories alone as paths.d has them.
    type: str
    choices: [script, lines]
    default: script
  file_user: {description: Owner of O(file)., type: str, default: root}
  file_group: {description: Group of O(file)., type: str, default: root}
  users:
    description: >-
      Users whose own startup files get a block: those of their shell, and those of the other shells known
      that are there. A user whose shell reads none of them is left out with a warning.
    type: list
    elements: str
    default: []
  bash_login:
    description: The file to make for a bash user who has none for login shells.
    type: str
    choices: [.profile, .bash_profile]
    default: .profile
attributes:
  check_mode:
    description: Predicts the changes.
    support: full
  diff_mode:
    description: Shows the blocks; the rest of a user's file is not shown.
    support: full
"""

EXAMPLES = r"""
- name: Put the tools on PATH
  rabbitry.stack.shell_path:
    owner: shell_path
    directories: [/usr/local/sbin, /usr/sbin]
    file: /etc/profile.d/rabbitry.sh
    users: [dev]
"""

RETURN = r"""
paths:
  description: The files that changed.
  type: list
  elements: str
  returned: always
hint:
  description: A command that helps to find the cause.
  type: str
  returned: failure
log:
  description: Everything that was refused; what was not is done.
  type: list
  elements: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.shell_path import ShellPath


def arguments() -> dict[str, object]:
    """The module's argument specification, as DOCUMENTATION tells it."""
    texts: dict[str, object] = {"type": "list", "elements": "str", "default": []}
    return {
        "owner": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "directories": texts,
        "front": {"type": "bool", "default": False},
        "file": {"type": "str", "default": ""},
        "file_format": {"type": "str", "choices": ["script", "lines"], "default": "script"},
        "file_user": {"type": "str", "default": "root"},
        "file_group": {"type": "str", "default": "root"},
        "users": texts,
        "bash_login": {"type": "str", "choices": [".profile", ".bash_profile"], "default": ".profile"},
    }


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=arguments(), supports_check_mode=True)
    changed: list[str] = []
    try:
        ledger = Ledger(module.params["owner"])
        shell_path = ShellPath(ledger, module.check_mode)
        changed = shell_path.changes.names
        try:
            shell_path.all(module.params)
        finally:
            if not module.check_mode:
                ledger.save()  # what was done before a failure is Rabbitry's too
        if refusals := shell_path.refusals:
            more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
            log = [one.message for one in refusals]
            module.fail_json(msg=f"{refusals[0]}{more}", hint=refusals[0].hint, log=log, paths=changed)
    except (Refused, LedgerError, OSError) as failed:
        module.fail_json(msg=str(failed), hint=getattr(failed, "hint", ""), paths=changed)
    for note in shell_path.notes:
        module.warn(note)
    module.exit_json(changed=bool(changed), paths=changed, diff=shell_path.placement.diff)


if __name__ == "__main__":
    main()
