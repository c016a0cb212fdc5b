#!/usr/bin/python
"""Documentation of the action `preflight`, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Check the model and a host before anything is changed
description:
  - Checks every C(stack_*) variable and every variable of the roles that the inventory gives, and
    their interplay; looks at the host with M(rabbitry.stack.probe) and judges what is there.
  - Fails with all faults at once. Otherwise tells whether the host is as the last completed run left it.
  - An action; it changes nothing, in check mode neither.
author: [Rabbitry (@rabbitry)]
options:
  env:
    description: Name of the environment; C(stack_env) when it is not given.
    type: str
  full:
    description: Count the host as stale whatever is found.
    type: bool
    default: false
  only:
    description: Names of the hosts, with commas, that may be stale; empty for all.
    type: str
    default: ""
  deploys:
    description:
      - Name of the application that is deployed; a host that differs in anything but its source is refused.
    type: str
    default: ""
  rebuilds:
    description: The broker is built anew, so it need not open the data that is there.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check before anything is changed
  rabbitry.stack.preflight:
    full: "{{ rabbitry_full | default(false) }}"
"""

RETURN = r"""
faults:
  description: What is wrong, each with C(message) and C(hint).
  returned: failed
  type: list
  elements: dict
notes:
  description: What does not stop the run, a sentence each, or with a C(hint) as a C(message).
  returned: always
  type: list
  elements: raw
stale:
  description: Whether the roles must run on the host; also C(ansible_facts.rabbitry.stale).
  returned: success
  type: bool
why:
  description: Why it is stale, a sentence each.
  returned: success
  type: list
  elements: str
digest:
  description: What decides the outcome, for M(rabbitry.stack.seal).
  returned: success
  type: str
"""
