#!/usr/bin/python
"""Documentation of the action `together`, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: together
short_description: Check what the hosts of a stack must have in common
description:
  - Compares, by the facts that M(rabbitry.stack.preflight) left, the hosts' clocks and the brokers' releases.
  - An action; it changes nothing.
author: [Rabbitry (@rabbitry)]
options:
  hosts: {description: The hosts to compare., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Compare the hosts
  rabbitry.stack.together:
    hosts: "{{ ansible_play_hosts }}"
  run_once: true
"""

RETURN = r"""
faults:
  description: What is wrong, each with C(message) and C(hint).
  type: list
  elements: dict
  returned: failed
"""
