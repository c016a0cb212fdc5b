#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Say what Docker on this machine can do; changes nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: engine
short_description: Look at Docker, its plugin compose, and the ports that containers publish
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Never fails; what is missing is told.
options: {}
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Look at Docker
  rabbitry.stack.engine:
  register: __engine
"""

RETURN = r"""
engine: {description: "client, engine, compose, fault, files, published", type: dict, returned: always}
facts: {description: What the model needs to know of the containers., type: dict, returned: always}
family: {description: The name under which roles find the paths of images., type: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import engine
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import LINUX


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    found = engine.look()
    facts = {"layout": LINUX.facts(), "supervisor": "compose", "engine": found}
    module.exit_json(changed=False, engine=found, facts=facts, family="Container")


if __name__ == "__main__":
    main()
