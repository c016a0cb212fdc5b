#!/usr/bin/python
"""Module redis_handover: lets another Redis become master before this one is restarted."""

from __future__ import annotations

import socket

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_replication import (
    CannotReplicate,
    Group,
    hand_over,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import Refused

DOCUMENTATION = r"""
module: redis_handover
short_description: Let another Redis become master
description:
  - When the Redis of this host is master and has replicas, asks Sentinel for a failover and waits until it
    follows the new one. Does nothing on a replica, without replicas, or when nothing answers.
options:
  name: {description: What the sentinels call the master., type: str, required: true}
  host: {description: Where Redis and Sentinel of this host listen., type: str, default: 127.0.0.1}
  port: {description: Where Redis listens., type: int, default: 6379}
  sentinel_port: {description: Where Sentinel listens., type: int, default: 26379}
  password: {description: Password of the user C(default) of both., type: str, required: true}
  former_password: {description: The one that it replaces., type: str, default: ""}
  timeout: {description: Seconds until another one must have taken over., type: int, default: 60}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Another Redis takes over
  rabbitry.stack.redis_handover:
    name: stack
    password: "{{ redis_password }}"
"""

RETURN = r"""
master: {description: "Who took over; empty when nobody had to.", type: str, returned: success}
"""

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 6379},
    "sentinel_port": {"type": "int", "default": 26379},
    "password": {"type": "str", "required": True, "no_log": True},
    "former_password": {"type": "str", "default": "", "no_log": True},
    "timeout": {"type": "int", "default": 60},
}


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    group = Group(
        name=given["name"],
        nodes=[given["host"]],
        port=given["port"],
        sentinel_port=given["sentinel_port"],
        passwords=[one for one in (given["password"], given["former_password"]) if one],
    )
    if module.check_mode:
        module.exit_json(changed=False, master="")
    try:
        master = hand_over(group, given["host"], given["timeout"])
    except CannotReplicate as failed:
        module.fail_json(msg=f"{failed} on {socket.gethostname()}", hint=failed.hint)
    except Refused as failed:
        module.fail_json(msg=f"{failed} on {socket.gethostname()}", hint="./inv logs redis-sentinel")
    module.exit_json(changed=bool(master), master=master)


if __name__ == "__main__":
    main()
