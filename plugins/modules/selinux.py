#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Label ports and directories for SELinux, and record the labels."""

from __future__ import annotations

DOCUMENTATION = r"""
module: selinux
short_description: Label ports and directories for SELinux
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Gives ports and directories the type without which SELinux keeps a service from them; on a host where it
    is not enabled it does nothing and needs nothing.
  - A port that carries another service's type is refused and not taken.
  - The labels are recorded in the ledger, so that M(rabbitry.stack.retire) takes them away.
options:
  owner:
    description: In whose ledger the labels are recorded.
    type: str
    required: true
  ports:
    description: TCP ports; leave out those that the policy knows anyway.
    type: list
    elements: dict
    default: []
    suboptions:
      port: {description: Number of the port., type: int, required: true}
      type: {description: "Type that it gets, such as C(redis_port_t).", type: str, required: true}
  directories:
    description: Directories with all that is in them.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Whole path., type: path, required: true}
      type: {description: "Type that they get, such as C(redis_var_lib_t).", type: str, required: true}
attributes:
  check_mode:
    description: Says what would be labelled.
    support: full
  diff_mode:
    description: Shows the types.
    support: full
"""

EXAMPLES = r"""
- name: Let Redis listen on another port
  rabbitry.stack.selinux:
    owner: redis
    ports:
      - {port: 6380, type: redis_port_t}
"""

RETURN = r"""
enabled:
  description: Whether SELinux is enabled on the host.
  type: bool
  returned: success
hint:
  description: A command that helps to find the cause.
  type: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import selinux
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError


def main() -> None:
    """Run as an Ansible module."""
    text = {"type": "str", "required": True}
    port = {"port": {"type": "int", "required": True}, "type": text}
    directory = {"path": {"type": "path", "required": True}, "type": text}
    module = AnsibleModule(
        argument_spec={
            "owner": text,
            "ports": {"type": "list", "elements": "dict", "default": [], "options": port},
            "directories": {"type": "list", "elements": "dict", "default": [], "options": directory},
        },
        supports_check_mode=True,
    )
    if not selinux.enabled():
        module.exit_json(changed=False, enabled=False)
    changes = Changes(check=module.check_mode)
    try:
        ledger = Ledger(module.params["owner"])
        try:
            labels = selinux.Labels(ledger=ledger, changes=changes)
            labels.converge(module.params["ports"], module.params["directories"])
        finally:
            if not module.check_mode:
                ledger.save()
    except (selinux.SelinuxError, LedgerError, OSError) as failed:
        module.fail_json(msg=str(failed), hint=getattr(failed, "hint", ""))
    module.exit_json(changed=bool(changes.names), enabled=True, diff=changes.diff)


if __name__ == "__main__":
    main()
