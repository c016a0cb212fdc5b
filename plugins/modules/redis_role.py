#!/usr/bin/python
"""Module redis_role: says whether the Redis of this host is a master that others follow."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_replication import Group

DOCUMENTATION = r"""
module: redis_role
short_description: Ask Redis whether it is a master that others follow
description:
  - Changes nothing. One that does not answer, or lets us in by no password, is no master.
options:
  host: {description: Where it listens., type: str, default: 127.0.0.1}
  port: {description: Its port., type: int, default: 6379}
  password: {description: Password of the user C(default)., type: str, required: true}
  former_password: {description: The one that it replaces., type: str, default: ""}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Ask
  rabbitry.stack.redis_role:
    password: "{{ redis_password }}"
"""

RETURN = r"""
master: {description: Whether it is., type: bool, returned: success}
answers: {description: Whether it lets us in., type: bool, returned: success}
"""

ARGUMENTS = {
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 6379},
    "password": {"type": "str", "required": True, "no_log": True},
    "former_password": {"type": "str", "default": "", "no_log": True},
}


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    passwords = [one for one in (given["password"], given["former_password"]) if one]
    group = Group(name="", nodes=[given["host"]], port=given["port"], sentinel_port=0, passwords=passwords)
    found = group.ask(given["host"], given["port"], lambda session: session.info("replication")) or {}
    master = found.get("role") == "master" and found.get("connected_slaves", "0") != "0"
    module.exit_json(changed=False, master=master, answers=bool(found))


if __name__ == "__main__":
    main()
