#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Take the pulse of a host: services, queues, consumers, memory; changes nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pulse
short_description: Read how the services of a host are
version_added: "0.1.0"
author: The Rabbitry contributors
description:
  - Asks the supervisor, RabbitMQ's management API, Redis and Flower on the host itself, in one short process.
    Changes nothing; a service that is down or silent is a fact and no failure.
options:
  stack:
    description: The resolved model, the document stack.json.
    type: dict
    required: true
  secrets:
    description: Passwords by the names that the model refers to; those of the accounts monitor and redis.
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
- name: Take the pulse
  rabbitry.stack.pulse:
    stack: "{{ lookup('ansible.builtin.file', 'stack.json') | from_json }}"
    secrets: {monitor: "{{ stack_monitor_password }}", redis: "{{ stack_redis_password }}"}
    host: "{{ inventory_hostname }}"
  register: __pulse
"""

RETURN = r"""
pulse:
  description: >-
    services by name (state, pid, since, restarts, ports), versions, releases, broker, backend, flower.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import pulse
from ansible_collections.rabbitry.stack.plugins.module_utils.question import ARGUMENTS, Question
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    question = Question.of(module)
    try:
        module.exit_json(changed=False, pulse=pulse.take(question))
    except SupervisorError as error:
        module.fail_json(msg=f"{error} (host {question.host})", hint=error.hint)


if __name__ == "__main__":
    main()
