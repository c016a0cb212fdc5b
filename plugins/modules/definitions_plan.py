#!/usr/bin/python
"""Module definitions_plan: says how RabbitMQ's objects differ from what is declared; changes nothing."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import definitions
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError, LoginRefused
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plan import plan
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_pruning import Pruning
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_surplus import surplus
from ansible_collections.rabbitry.stack.plugins.module_utils.declared import COMPARED

DOCUMENTATION = r"""
module: definitions_plan
short_description: How a RabbitMQ differs from declared definitions
description:
  - Compares as the module C(definitions) does, and only tells. What a broker cannot change in place is an
    entry beside the others, not a failure.
options:
  url: {description: Management API on this host., type: str, default: "http://127.0.0.1:15672"}
  username: {description: Declared user with the tag administrator that logs in., type: str, required: true}
  definitions: {description: What is declared; any of the lists may be left out., type: dict, required: true}
  prune: {description: Whether what nobody declared is to be deleted., type: bool, default: false}
  rabbitmqctl: {description: The broker's command., type: path, default: /usr/sbin/rabbitmqctl}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Compare
  rabbitry.stack.definitions_plan:
    username: admin
    definitions: "{{ declared }}"
  register: compared
"""

RETURN = r"""
answers: {description: Whether the broker is there to be compared with., type: bool, returned: always}
plan:
  description: An entry an object, each with action (add, change, remove, keep, leave, refuse), what, before,
    after, message and hint.
  type: list
  elements: dict
  returned: success
"""


def run(module: AnsibleModule) -> dict[str, Any]:
    """Return ``{"answers", "plan"}``; BrokerError when the login is refused."""
    params, declared = module.params, module.params["definitions"]
    broker = Broker.of(params, module.run_command)
    try:
        exported, answers = broker.read(0), True
    except LoginRefused:
        raise
    except BrokerError:
        exported, answers = {}, False
    spare = surplus(declared, exported)
    pruning = Pruning(broker, spare if params["prune"] else (), exported)
    found = plan(
        definitions.compare(declared, exported),
        pruning.changes,
        pruning.kept,
        [] if params["prune"] else [str(one) for one in spare],
        (params["url"], params["username"], str(exported.get("rabbitmq_version", ""))),
    )
    return {"answers": answers, "plan": found}


def main() -> None:
    module = AnsibleModule(argument_spec=COMPARED, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **run(module))
    except BrokerError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)


if __name__ == "__main__":
    main()
