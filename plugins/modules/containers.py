#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Bring the containers of a stack to what compose's files say, stop them, or remove them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: containers
short_description: Run the containers of a stack by docker compose
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Makes, replaces and starts what differs from compose's files, builds the image of the application when it
    is missing, and waits until everything is healthy. A container that does not become healthy is named with
    the end of its log.
options:
  file:
    description: The file compose.yaml, to start.
    type: path
    default: ""
  env_file:
    description: The file with the values of its variables, to start.
    type: path
    default: ""
  project:
    description: The project's name.
    type: str
    required: true
  names:
    description: Services to work on; all of them when there are none. What they depend on is started too.
    type: list
    elements: str
    default: []
  state:
    description: V(started) and healthy, V(stopped) and its data kept, or V(absent) with all of it.
    type: str
    choices: [started, stopped, absent]
    default: started
  paths:
    description: Files and directories that go too when it is to be absent.
    type: list
    elements: path
    default: []
  timeout:
    description: Seconds until everything must be healthy.
    type: int
    default: 180
attributes:
  check_mode:
    description: Names the services that would be made, replaced or started.
    support: full
  diff_mode:
    description: Shows the same as lines.
    support: full
"""

EXAMPLES = r"""
- name: Start broker and backend
  rabbitry.stack.containers:
    file: compose/compose.yaml
    env_file: compose/.env
    project: rabbitry-local
    names: [rabbitmq-server, redis-server]
"""

RETURN = r"""
services: {description: Services that changed or would., type: list, elements: str, returned: success}
removed:
  description: What went or would, each with kind and name; C(restored) and C(kept) are as those of M(retire).
  type: list
  elements: dict
  returned: success
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import containers_removal as removal
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import Compose, DockerError

ARGUMENTS = {
    "file": {"type": "path", "default": ""},
    "env_file": {"type": "path", "default": ""},
    "project": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["started", "stopped", "absent"], "default": "started"},
    "paths": {"type": "list", "elements": "path", "default": []},
    "timeout": {"type": "int", "default": 180},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do the module's work and return its result; raises DockerError."""
    params, check = module.params, module.check_mode
    compose = Compose(params["file"], params["env_file"], params["project"])
    if params["state"] == "absent":
        gone, kept = removal.remove(compose, params["paths"], check)
        return {"changed": bool(gone), "removed": gone, "restored": [], "kept": kept, "services": []}
    if params["state"] == "stopped":
        found = removal.stop(compose, check)
    else:
        names = params["names"]
        found = compose.differing(names) if check else compose.up(names, params["timeout"])
        if found and not names and not check:
            compose.forget_images()
    lines = "".join(f"{params['state']} {name}\n" for name in found)
    return {"changed": bool(found), "services": found, "diff": {"before": "", "after": lines}}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module)
    except DockerError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
