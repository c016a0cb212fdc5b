#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Run the commands of a new image of an application before its containers start."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_commands
short_description: Run commands once in each new image of an application
version_added: "0.2.0"
author: The Rabbitry contributors
description:
  - Runs them in a container beside those of a service, by docker compose, in the image that the service is to
    have. What has run in an image is remembered and not run again there; what fails is run again.
options:
  file:
    description: The file compose.yaml.
    type: path
    required: true
  env_file:
    description: The file with the values of its variables.
    type: path
    required: true
  project:
    description: The project's name.
    type: str
    required: true
  releases:
    description:
      - The applications, each with C(label), C(service) whose container it is, C(image), C(home), C(account),
        C(commands), C(seconds) for each, and C(environment_file), which is C(mounted) in the container.
    type: list
    elements: dict
    required: true
  record:
    description: The file that remembers what has run.
    type: path
    required: true
attributes:
  check_mode:
    description: Names the applications whose commands would run.
    support: full
  diff_mode:
    description: Shows nothing; commands may have secrets among their words.
    support: none
"""

EXAMPLES = r"""
- name: Run the migrations of a new image
  rabbitry.stack.container_commands:
    file: compose/compose.yaml
    env_file: compose/.env
    project: rabbitry-local
    releases: "{{ releases }}"
    record: .state/local/compose/released.json
"""

RETURN = r"""
applications: {description: Whose commands ran or would., type: list, elements: str, returned: success}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import container_commands
from ansible_collections.rabbitry.stack.plugins.module_utils.containers import Compose, DockerError
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment_error import DeploymentError

ARGUMENTS = {
    "file": {"type": "path", "required": True},
    "env_file": {"type": "path", "required": True},
    "project": {"type": "str", "required": True},
    "releases": {"type": "list", "elements": "dict", "required": True},
    "record": {"type": "path", "required": True},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    compose = Compose(params["file"], params["env_file"], params["project"])
    record = Path(params["record"])
    found = [str(one["label"]) for one in container_commands.due(record, params["releases"])]
    try:
        if not module.check_mode:
            container_commands.run_due(compose, record, params["releases"])
    except (DeploymentError, DockerError) as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(found), applications=found)


if __name__ == "__main__":
    main()
