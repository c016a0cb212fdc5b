#!/usr/bin/python
"""Module definitions_restore: gives a new RabbitMQ what an export holds beyond what is declared."""

from __future__ import annotations

import json
import socket
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_restore
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.declared import COMPARED

DOCUMENTATION = r"""
module: definitions_restore
short_description: What an export holds beyond what is declared, given to a new RabbitMQ
description:
  - Sends the users with their password hashes, virtual hosts, queues and so on of an earlier export that
    nobody declared and the broker does not have. What is declared or there stays as it is.
  - What this release of RabbitMQ refuses is named as a note; it stops nothing.
options:
  url: {description: Management API on this host., type: str, default: "http://127.0.0.1:15672"}
  username: {description: Declared user with the tag administrator that logs in., type: str, required: true}
  definitions: {description: What is declared; gives the password., type: dict, required: true}
  prune: {description: Then nothing is restored; it would be deleted again., type: bool, default: false}
  rabbitmqctl: {description: The broker's command., type: path, default: /usr/sbin/rabbitmqctl}
  export: {description: "What the earlier broker exported, as JSON.", type: str, required: true}
  timeout: {description: Seconds until the API must answer., type: int, default: 60}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Give back what nobody declared
  rabbitry.stack.definitions_restore:
    username: admin
    definitions: "{{ declared }}"
    export: "{{ lookup('ansible.builtin.file', 'definitions-20261201-120000.json') }}"
"""

RETURN = r"""
restored: {description: What was sent., type: list, elements: str, returned: success}
notes:
  description: What this RabbitMQ refused, each with C(message) and C(hint).
  returned: success
  type: list
  elements: dict
"""

ARGUMENTS = {
    **COMPARED,
    # A text and no mapping: of a mapping every single value would be masked wherever it stands.
    "export": {"type": "str", "required": True, "no_log": True},
    "timeout": {"type": "int", "default": 60},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Return the module's result; BrokerError."""
    params = module.params
    broker = Broker.of(params, module.run_command)
    actual = broker.read_after_start(params["timeout"])
    export = json.loads(params["export"])
    parts = {} if params["prune"] else broker_restore.lost(export, params["definitions"], actual)
    refused = [] if module.check_mode else broker_restore.restore(broker.load, parts)
    hint = "ls .state/*/backup   # the export has it as it was"
    notes = [{"message": f"RabbitMQ on {socket.gethostname()}: {one}", "hint": hint} for one in refused]
    found = broker_restore.names(parts)
    diff = {"before": "", "after": "".join(f"{one}\n" for one in found)}
    return {"changed": bool(found), "restored": found, "notes": notes, "diff": diff}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**run(module))
    except BrokerError as error:
        module.fail_json(msg=f"{error} on {socket.gethostname()}", hint=error.hint, log=error.log)


if __name__ == "__main__":
    main()
