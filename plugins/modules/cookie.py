#!/usr/bin/python
"""Module cookie: refuses to part a broker's data from the cluster that it belongs to."""

from __future__ import annotations

import socket

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import cookie

DOCUMENTATION = r"""
module: cookie
short_description: Refuse to write an Erlang cookie over that of another cluster
description:
  - Fails when the host has data of a RabbitMQ node and another cookie than O(value); changes nothing.
options:
  value: {description: The cookie of the cluster., type: str, required: true}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Refuse another cluster's member
  rabbitry.stack.cookie:
    value: "{{ rabbitmq_cookie }}"
"""

RETURN = r"""
members: {description: Names of the nodes whose data is there., type: list, elements: str, returned: success}
"""


def main() -> None:
    """Run as an Ansible module."""
    spec = {"value": {"type": "str", "required": True, "no_log": True}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    seen = cookie.look()
    if refused := cookie.refusal(seen, module.params["value"], socket.gethostname()):
        module.fail_json(msg=refused[0], hint=refused[1])
    module.exit_json(changed=False, members=seen["members"])


if __name__ == "__main__":
    main()
