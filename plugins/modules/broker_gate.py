#!/usr/bin/python
"""Module broker_gate: refuses to go on while a RabbitMQ must not be stopped or moved."""

from __future__ import annotations

import socket
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_gate
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.declared import COMPARED

DOCUMENTATION = r"""
module: broker_gate
short_description: Refuse to go on while a RabbitMQ must not be stopped or moved
description:
  - Fails, naming everything at once, while a node raises an alarm, is cut off from another or is not running,
    or while queues need this node for their quorum.
  - With O(drain) it waits for the queues to become empty as well. Changes nothing.
options:
  url: {description: Management API on this host., type: str, default: "http://127.0.0.1:15672"}
  username: {description: Declared user with the tag administrator that logs in., type: str, required: true}
  definitions: {description: What is declared; gives the password., type: dict, required: true}
  prune: {description: Not used., type: bool, default: false}
  rabbitmqctl: {description: The broker's command., type: path, default: /usr/sbin/rabbitmqctl}
  quorum: {description: Whether queues that need this node count., type: bool, default: true}
  drain: {description: Seconds until durable queues must be empty; -1 does not look., type: int, default: -1}
  leave: {description: Command that leaves the messages behind., type: str, default: ./inv rebuild --leave}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Wait until nothing is left to do
  rabbitry.stack.broker_gate:
    username: admin
    definitions: "{{ declared }}"
    drain: 300
"""

RETURN = r"""
faults:
  description: What is in the way, each with C(message) and C(hint).
  returned: failure
  type: list
  elements: dict
"""

ARGUMENTS = {
    **COMPARED,
    "quorum": {"type": "bool", "default": True},
    "drain": {"type": "int", "default": -1},
    "leave": {"type": "str", "default": "./inv rebuild --leave"},
}


def run(module: AnsibleModule) -> list[dict[str, Any]]:
    """Return what is in the way; BrokerError when the broker does not answer."""
    params = module.params
    broker = Broker.of(params, module.run_command)
    broker.read(0)
    found: list[dict[str, Any]] = broker_gate.obstacles(broker, stops=params["quorum"])
    if not found and params["drain"] >= 0:
        left = broker_gate.drained(broker, 0 if module.check_mode else params["drain"])
        found = broker_gate.remaining(left, params["leave"])
    where = socket.gethostname()
    return [{**one, "message": f"RabbitMQ on {where}: {one['message']}"} for one in found]


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        faults = run(module)
    except BrokerError as error:
        module.fail_json(msg=f"{error} on {socket.gethostname()}", hint=error.hint, log=error.log)
    if faults:
        module.fail_json(msg=faults[0]["message"], hint=faults[0]["hint"], faults=faults)
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
