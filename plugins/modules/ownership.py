#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Give everything that Rabbitry put on a host, or that its services write, its owner and mode again."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ownership
short_description: Give everything that the ledgers of a host name its owner and mode again
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Repairs what a daemon run as root, or a generous chmod, has left behind; it needs nothing but the ledgers.
  - Owners and modes of files, directories, links and trees are put right, content is not looked at.
  - A Redis whose last save failed saves again, without a restart.
  - Where something smells of an intrusion, or a daemon of root's is running, nothing of that owner is changed
    and the module fails.
options:
  backend_password:
    description: Password of Redis' default user; without it Redis is not asked where it writes.
    type: str
    default: ""
attributes:
  check_mode:
    description: Returns what would be put right.
    support: full
  diff_mode:
    description: Shows owners and modes before and after.
    support: full
"""

EXAMPLES = r"""
- name: Put owners and modes right
  rabbitry.stack.ownership:
    backend_password: "{{ stack_redis_password }}"
"""

RETURN = r"""
restored:
  description: What was put right, as C({name, before, after}).
  type: list
  elements: dict
  returned: always
faults:
  description: Why something was left alone, as C({message, hint}).
  type: list
  elements: dict
  returned: failure
hint:
  description: What to look at.
  type: str
  returned: failure
"""

import socket

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.changes import Changes
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import LedgerError, load_all
from ansible_collections.rabbitry.stack.plugins.module_utils.ownership import Ownership
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_save import CannotSave


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(
        argument_spec={"backend_password": {"type": "str", "default": "", "no_log": True}},
        supports_check_mode=True,
    )
    changes = Changes(check=module.check_mode)
    failure = {}
    try:
        faults = Ownership(load_all(), changes=changes, password=module.params["backend_password"]).restore()
        faults = [{**one, "message": f"host {socket.gethostname()}: {one['message']}"} for one in faults]
        if faults:
            failure = {"msg": faults[0]["message"], "hint": faults[0]["hint"], "faults": faults}
    except (LedgerError, Refused, CannotSave, OSError) as failed:
        failure = {"msg": str(failed), "hint": getattr(failed, "hint", "")}
    restored = [
        {"name": one["after_header"], "before": one["before"].strip(), "after": one["after"].strip()}
        for one in changes.diff
    ]
    result = {"changed": bool(restored), "restored": restored, "diff": changes.diff}
    if failure:
        module.fail_json(**result, **failure)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
