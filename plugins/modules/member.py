#!/usr/bin/python
"""Module member: takes a RabbitMQ node out of its cluster's work for a restart, and back into it."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.management import Management
from ansible_collections.rabbitry.stack.plugins.module_utils.members import Members

DOCUMENTATION = r"""
module: member
short_description: A RabbitMQ node among the others of its cluster
description:
  - V(leaving) waits until no quorum queue needs this node to keep its majority, then drains it; leaders and
    clients move to other nodes.
  - V(joined) waits until every node runs, gives quorum queues the members that they lack, and spreads their
    leaders where something was added or O(rebalance) asks for it.
  - V(stopped) drains it and stops its application, so that the others can go on without it for good; a
    node that is in another cluster is refused.
  - V(forgotten) lets the cluster and its queues live without O(node), which no longer runs.
options:
  state:
    description: What the node is to be.
    type: str
    choices: [leaving, joined, stopped, forgotten]
    required: true
  node: {description: The node that is stopped or forgotten., type: str, default: ""}
  nodes: {description: Names of all nodes., type: list, elements: str, required: true}
  group_size: {description: On how many nodes a quorum queue is., type: int, required: true}
  url: {description: Management API on this host., type: str, required: true}
  username: {description: An administrator., type: str, required: true}
  password: {description: The administrator's password., type: str, required: true}
  rebalance: {description: Whether leaders are spread in any case., type: bool, default: false}
  rabbitmqctl: {description: The others lie beside it., type: path, default: /usr/sbin/rabbitmqctl}
  timeout: {description: Seconds that each waiting may take., type: int, default: 120}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Leave the cluster for a restart
  rabbitry.stack.member:
    state: leaving
    nodes: [rabbit@queue1, rabbit@queue2, rabbit@queue3]
    group_size: 3
    url: http://127.0.0.1:15672
    username: admin
    password: "{{ admin_password }}"
"""

RETURN = r"""
changes: {description: What was changed., type: list, elements: str, returned: success}
"""

ARGUMENTS = {
    "state": {"type": "str", "choices": ["leaving", "joined", "stopped", "forgotten"], "required": True},
    "node": {"type": "str", "default": ""},
    "nodes": {"type": "list", "elements": "str", "required": True},
    "group_size": {"type": "int", "required": True},
    "url": {"type": "str", "required": True},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "rebalance": {"type": "bool", "default": False},
    "rabbitmqctl": {"type": "path", "default": "/usr/sbin/rabbitmqctl"},
    "timeout": {"type": "int", "default": 120},
}


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    api = Management(given["url"], given["username"], given["password"])
    broker = Broker(api, given["username"], module.run_command, given["rabbitmqctl"])
    members = Members(broker, given["nodes"], given["group_size"])
    changes: list[str] = []
    try:
        if module.check_mode:
            pass
        elif given["state"] == "leaving":
            members.leave(given["timeout"])
            changes = ["drained"]
        elif given["state"] == "stopped":
            members.quit(given["node"], given["timeout"])
            changes = ["stopped"]
        elif given["state"] == "forgotten":
            changes = members.forget(given["node"])
        else:
            members.gather(given["timeout"])
            changes = members.complete(given["timeout"])
            if changes or given["rebalance"]:
                members.rebalance()
    except BrokerError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
