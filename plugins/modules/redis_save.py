#!/usr/bin/python
"""Module redis_save: lets a Redis that could not save its data do it again, without a restart."""

from __future__ import annotations

import socket

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_save
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError

DOCUMENTATION = r"""
module: redis_save
short_description: Let Redis save again after its directory was put right
description:
  - A Redis whose last save failed takes no more writes, and refuses to stop. Once it can write its directory,
    one save mends that. Nothing is done when the last save went well, or nobody answers.
options:
  owner: {description: In whose ledger the service is recorded., type: str, required: true}
  password: {description: Password of the default user., type: str, required: true}
  timeout: {description: Seconds that the save may take., type: int, default: 60}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Redis saves
  rabbitry.stack.redis_save:
    owner: redis
    password: "{{ redis_password }}"
"""

RETURN = r"""
saved: {description: Addresses of the servers that had to save., type: list, elements: str, returned: success}
"""

ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "timeout": {"type": "int", "default": 60},
}


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    password, seconds = module.params["password"], module.params["timeout"]
    saved = []
    try:
        for server in redis_save.servers(Ledger(module.params["owner"]).entries):
            if redis_save.refuses_writes(server, password):
                saved.append(server.address)
                if not module.check_mode:
                    redis_save.save_again(server, password, seconds)
    except LedgerError as failed:
        module.fail_json(msg=str(failed))
    except redis_save.CannotSave as failed:
        module.fail_json(msg=f"{failed} on {socket.gethostname()}", hint="./inv logs redis-server")
    module.exit_json(changed=bool(saved), saved=saved)


if __name__ == "__main__":
    main()
