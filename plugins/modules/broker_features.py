#!/usr/bin/python
"""Module broker_features: enables RabbitMQ's stable feature flags and tells what is deprecated and used."""

from __future__ import annotations

import socket
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_features
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker, BrokerError
from ansible_collections.rabbitry.stack.plugins.module_utils.declared import COMPARED
from ansible_collections.rabbitry.stack.plugins.module_utils.management import ManagementError, Unreachable

DOCUMENTATION = r"""
module: broker_features
short_description: Feature flags of a RabbitMQ enabled, its deprecated features told
description:
  - Enables every stable feature flag that is not. A release of a later series refuses data without them.
  - Tells which deprecated features are in use, as notes that stop nothing.
options:
  url: {description: Management API on this host., type: str, default: "http://127.0.0.1:15672"}
  username: {description: Declared user with the tag administrator that logs in., type: str, required: true}
  definitions: {description: What is declared; gives the password., type: dict, required: true}
  prune: {description: Not used., type: bool, default: false}
  rabbitmqctl: {description: The broker's command., type: path, default: /usr/sbin/rabbitmqctl}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Enable all stable feature flags
  rabbitry.stack.broker_features:
    username: admin
    definitions: "{{ declared }}"
"""

RETURN = r"""
enabled: {description: Flags that were (or would be) enabled., type: list, elements: str, returned: success}
notes:
  description: Deprecated features in use, each with C(message) and C(hint).
  returned: success
  type: list
  elements: dict
"""


def run(module: AnsibleModule) -> dict[str, Any]:
    """Return the module's result; BrokerError, ManagementError, Unreachable."""
    broker = Broker.of(module.params, module.run_command)
    try:
        broker.read(0)
    except BrokerError:
        if module.check_mode:
            return {"changed": False, "enabled": [], "notes": []}
        raise
    enabled = broker_features.enable(broker, module.check_mode)
    where = f"RabbitMQ on {socket.gethostname()}"
    hint = f"rabbitmqctl list_deprecated_features --used   # {broker_features.PAGE}"
    notes = [{"message": f"{where}: {one}", "hint": hint} for one in broker_features.deprecated(broker)]
    after = "".join(f"feature flag {one}: enabled\n" for one in enabled)
    diff = {"before": after.replace(": enabled", ": disabled"), "after": after}
    return {"changed": bool(enabled), "enabled": enabled, "notes": notes, "diff": diff}


def main() -> None:
    module = AnsibleModule(argument_spec=COMPARED, supports_check_mode=True)
    try:
        module.exit_json(**run(module))
    except BrokerError as error:
        module.fail_json(msg=f"{error} on {socket.gethostname()}", hint=error.hint, log=error.log)
    except (ManagementError, Unreachable) as error:
        hint = "rabbitmqctl list_feature_flags"
        module.fail_json(
            msg=f"RabbitMQ on {socket.gethostname()} does not tell its features: {error}", hint=hint
        )


if __name__ == "__main__":
    main()
