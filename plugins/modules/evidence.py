#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Collect what tells why services do not work; changes nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence
short_description: Read everything that tells why the services of a host do not work
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Asks supervisor, logs, processes, RabbitMQ, Redis, the application and the machine, side by side, in one
    process. Changes nothing. What is down or silent is a fact and no failure. Secrets are masked.
options:
  stack:
    description: The resolved model, the document stack.json.
    type: dict
    required: true
  secrets:
    description: Passwords by the names that the model refers to.
    type: dict
    required: true
  host:
    description: Name of this host in the model.
    type: str
    required: true
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Collect the evidence
  rabbitry.stack.evidence:
    stack: "{{ lookup('ansible.builtin.file', 'stack.json') | from_json }}"
    secrets: {monitor: "{{ stack_monitor_password }}", redis: "{{ stack_redis_password }}"}
    host: "{{ inventory_hostname }}"
  register: __evidence
"""

RETURN = r"""
evidence:
  description: "schema, host, time, seconds, sections by name, faults: the sections that could not be read."
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence
from ansible_collections.rabbitry.stack.plugins.module_utils.question import ARGUMENTS, Question


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.exit_json(changed=False, evidence=evidence.collect(Question.of(module)))


if __name__ == "__main__":
    main()
