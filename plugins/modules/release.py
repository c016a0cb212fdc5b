#!/usr/bin/python
"""Unpack an application's source beside its earlier releases, try it, and switch to it."""

from __future__ import annotations

DOCUMENTATION = """
module: release
short_description: Put an application's source on a host as a release
description:
  - Packs the directory O(source) of the machine that runs Ansible, unpacks it as C(<home>/releases/<digest>),
    imports the application there as its user, and only then lets C(<home>/current) lead to it, together with
    C(<home>/venv) when O(venv) is given.
  - A release that was taken back with that environment stays away until source or packages change, unless
    O(again) says otherwise.
  - The digest depends on names, contents and executability alone.
options:
  owner:
    description: The ledger that records the release.
    type: str
    required: true
  home:
    description: The directory that releases lie in.
    type: path
    default: /opt/rabbitry
  source:
    description: Directory on the machine that runs Ansible; caches, environments and the like stay out.
    type: str
    default: ""
  existing:
    description: A directory of the host that C(<home>/current) leads to; nothing is copied.
    type: str
    default: ""
  package:
    description: What the environment got the application from; the release is but a place to work in then.
    type: str
    default: ""
  venv:
    description: The environment to run in, as C(venvs/<digest>) or any path; switched to with the release.
    type: str
    default: ""
  module:
    description: The Celery application to import, as C(-A) takes it; not imported when empty.
    type: str
    default: ""
  user:
    description: The account that imports it.
    type: str
    default: ""
  environment_file:
    description: File with the variables of the application.
    type: str
    default: ""
  commands:
    description:
      - Each a list of words, or a text that is taken apart as a shell would. They run once in a release with
        an environment, as O(user) and in the release, before the switch; one that fails keeps what is in use.
    type: list
    elements: raw
    default: []
  command_seconds:
    description: After so many seconds a command is killed, and has failed.
    type: int
    default: 1800
  switch:
    description: Whether C(<home>/current) leads to it afterwards.
    type: bool
    default: true
  again:
    description: Whether a release that was taken back with that environment is made all the same.
    type: bool
    default: false
  keep:
    description: How many releases to keep, with the one in use.
    type: int
    default: 3
author: Rabbitry
"""

EXAMPLES = """
- name: Release the application
  rabbitry.stack.release:
    owner: celery_app
    source: /home/me/shop
    module: shop
    user: celery
"""

RETURN = """
path: {description: The release., type: str, returned: always}
digest: {description: The name of the release., type: str, returned: always}
tasks:
  description: The tasks that the application has, when it was imported in this run.
  type: list
  elements: str
  returned: changed
notes:
  description: Settings of the application that have no effect, when it was imported in this run.
  type: list
  elements: dict
  returned: changed
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.release_converge import converge


def main() -> None:
    os.umask(0o022)  # what is made here is for services too, whatever umask the caller has
    module = AnsibleModule(
        argument_spec={
            "owner": {"type": "str", "required": True},
            "home": {"type": "path", "default": "/opt/rabbitry"},
            "source": {"type": "str", "default": ""},
            "existing": {"type": "str", "default": ""},
            "package": {"type": "str", "default": ""},
            "venv": {"type": "str", "default": ""},
            "module": {"type": "str", "default": ""},
            "user": {"type": "str", "default": ""},
            "environment_file": {"type": "str", "default": ""},
            "commands": {"type": "list", "elements": "raw", "default": []},
            "command_seconds": {"type": "int", "default": 1800},
            "switch": {"type": "bool", "default": True},
            "again": {"type": "bool", "default": False},
            "keep": {"type": "int", "default": 3},
            # Given by the action plugin alone: what it packed, and where it put that on this host.
            "digest": {"type": "str", "default": ""},
            "archive": {"type": "path"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**converge(module.params, module.check_mode))
    except DeploymentError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)
    except Refused as error:
        module.fail_json(msg=error.message, hint=error.hint)
    except (bundle.BundleError, LedgerError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
