#!/usr/bin/python
"""Module `probe`: what is on a host, in one process that changes nothing."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.probe import ARGUMENTS, collect

DOCUMENTATION = r"""
module: probe
short_description: Read everything about a host that decides whether the stack can be set up there
description:
  - Reads the system's release, privileges, memory, disks, names, listening ports, packages, servers that are
    not ours, and compares the host with the ledgers and the seal of the last run. Changes nothing.
author: [Rabbitry (@rabbitry)]
options:
  servers:
    description: Servers to look for.
    type: list
    elements: str
    choices: [rabbitmq, redis]
    default: []
  packages:
    description: Packages whose versions are asked for.
    type: list
    elements: str
    default: [rabbitmq-server, redis-server, erlang-base]
  disks:
    description:
      - Further paths whose free space is asked for; they need not exist. Where packages are unpacked and
        where data grows is always asked for; and where the application goes by default, unless paths are
        given.
    type: list
    elements: path
    default: []
  node_name:
    description: Name of our broker's node; a foreign node of that name is in the way.
    type: str
    default: rabbit@localhost
  ledgers:
    description: Directory of the ledgers; on macOS by default below the prefix of Homebrew.
    type: path
    default: /var/lib/rabbitry/ledger
  username:
    description: Account that reads the broker's definitions; without it they are not compared.
    type: str
  password:
    description: The password of O(username).
    type: str
  redis_password:
    description: Password of Redis' default user; without it Redis is not asked where and whether it saves.
    type: str
    default: ""
  applications:
    description:
      - Applications of which something is on the host already. Each has a C(name), and what is to be looked
        at, C(python) (the path or version of an interpreter), C(existing) (a directory) with C(module) (what
        must be in it), C(venv) (an environment), and C(user), the account that must be able to use them. As
        long as that is not there, C(nobody) stands for it.
    type: list
    elements: dict
    default: []
  peers:
    description: Other hosts, each a C(name) with its C(address) and the C(ports) to which packets must get.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Look at the host
  rabbitry.stack.probe:
    servers: [rabbitmq, redis]
  register: __seen
"""

RETURN = r"""
facts:
  description: >-
    os, layout, uid, user, python, container, supervisor, cpus, memory, disks, host_name, addresses,
    resolve_error, package_manager, packages, applications, listeners, ours, recorded, drift, suspicions,
    by_hand, standing, undeclared, seal, env, strangers, data, seconds.
  returned: always
  type: dict
"""


def main() -> None:
    """Answer with the facts; a host that cannot be read is a failure that names the file."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        facts = collect(module.params)
    except OSError as error:
        module.fail_json(
            msg=f"cannot read {error.filename or 'the host'}: {error.strerror or error}",
            hint=f"sudo ls -ld {error.filename}" if error.filename else "sudo dmesg | tail",
        )
    module.exit_json(changed=False, facts=facts)


if __name__ == "__main__":
    main()
