#!/usr/bin/python
"""Module redis_seed: gives Redis and Sentinel the file that they keep the master's address in, once."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_replication import (
    CannotReplicate,
    Group,
    refuse_loss,
)

DOCUMENTATION = r"""
module: redis_seed
short_description: Say once which Redis is master
description:
  - Writes the files in which Redis and Sentinel keep the master's address, where they are missing. Later
    Sentinel rewrites them, and this module leaves them alone.
  - Asks the sentinels of all nodes who is master, else the servers; the first node is it when none is there.
  - Refuses when this node has data of its own that it would drop as a replica.
options:
  name: {description: What the sentinels call the master., type: str, required: true}
  nodes: {description: Addresses of all nodes., type: list, elements: str, required: true}
  address: {description: This node's own among them., type: str, required: true}
  port: {description: Where Redis listens., type: int, default: 6379}
  sentinel_port: {description: Where Sentinel listens., type: int, default: 26379}
  quorum: {description: Sentinels that must agree that the master is gone., type: int, required: true}
  password: {description: Password of the user C(default) of both., type: str, required: true}
  former_password: {description: The one that it replaces., type: str, default: ""}
  data: {description: Directory of the data., type: path, required: true}
  node: {description: The file of Redis., type: path, required: true}
  state: {description: The file of Sentinel., type: path, required: true}
  user: {description: Who owns both., type: str, required: true}
  group: {description: Their group., type: str, required: true}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Replication has a master to begin with
  rabbitry.stack.redis_seed:
    name: stack
    nodes: [10.0.0.1, 10.0.0.2, 10.0.0.3]
    address: 10.0.0.2
    quorum: 2
    password: "{{ redis_password }}"
    data: /var/lib/redis
    node: /var/lib/redis/node.conf
    state: /var/lib/redis/sentinel/state.conf
    user: redis
    group: redis
"""

RETURN = r"""
master: {description: "Its address, or nothing when no file was missing.", type: str, returned: success}
written: {description: The files that were missing., type: list, elements: str, returned: success}
"""

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "nodes": {"type": "list", "elements": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 6379},
    "sentinel_port": {"type": "int", "default": 26379},
    "quorum": {"type": "int", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "former_password": {"type": "str", "default": "", "no_log": True},
    "data": {"type": "path", "required": True},
    "node": {"type": "path", "required": True},
    "state": {"type": "path", "required": True},
    "user": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
}


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    node, state = Path(given["node"]), Path(given["state"])
    missing = [path for path in (node, state) if not path.exists()]
    if not missing:
        module.exit_json(changed=False, master="", written=[])
    passwords = [one for one in (given["password"], given["former_password"]) if one]
    group = Group(
        name=given["name"],
        nodes=given["nodes"],
        port=given["port"],
        sentinel_port=given["sentinel_port"],
        passwords=passwords,
    )
    master = group.master()
    try:
        if node in missing:
            refuse_loss(group, given["address"], master, given["address"], Path(given["data"]))
    except CannotReplicate as failed:
        module.fail_json(msg=f"{failed} on {socket.gethostname()}", hint=failed.hint)
    replica = "" if master == given["address"] else f"replicaof {master} {given['port']}\n"
    texts = {
        node: f"# Redis' own: it keeps here which server it follows.\n{replica}",
        state: f"sentinel monitor {given['name']} {master} {given['port']} {given['quorum']}\n",
    }
    for path in missing if not module.check_mode else []:
        write(path, texts[path], given["user"], given["group"])
    module.exit_json(changed=True, master=master, written=[str(path) for path in missing])


def write(path: Path, text: str, user: str, group: str) -> None:
    """A file of the account's, for nobody else, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w") as file:
        os.fchown(file.fileno(), pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)
        file.write(text)
    part.replace(path)


if __name__ == "__main__":
    main()
