#!/usr/bin/python
"""Module `services`: keeps services running under whichever supervisor the host has."""

from __future__ import annotations

DOCUMENTATION = r"""
module: services
short_description: Keep services running under systemd, supervisord or launchd
description:
  - Writes each service's unit (or program, or property list), reloads, enables, (re)starts what needs it
    and waits until every service shows its own sign of readiness.
  - A running service is restarted when its description or a watched file is another than the one it was
    started with, however it came to be started.
  - Without O(services), acts on the services that the ledger knows, in their order; for restart, stop and
    start by hand.
  - A host without an init system gets a supervisord of its own, from the package C(supervisor).
author: The Rabbitry authors
options:
  owner:
    description: Whose services these are; only without O(services) may it be left out, for all owners.
    type: str
    default: ""
  services:
    description: The services, in the order in which they start; their keys are those of the role C(service).
    type: list
    elements: dict
  names:
    description:
      - Without O(services), act on these of the recorded services only; V(started) also on what they need.
    type: list
    elements: str
    default: []
  state:
    description: V(stopped) also keeps them from starting at boot; V(absent) takes their descriptions away.
    type: str
    choices: [started, stopped, restarted, absent]
    default: started
  supervisor:
    description: Which supervisor to use; empty for the host's own.
    type: str
    choices: ["", systemd, supervisord, launchd]
    default: ""
  prune:
    description: Remove services of this owner that are no longer described.
    type: bool
    default: true
  wait:
    description: Wait until they are ready.
    type: bool
    default: true
  programs:
    description: Programs that all services use, text by path; written with mode 0755 before anything else.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Keep the worker running
  rabbitry.stack.services:
    owner: celery_worker
    services:
      - name: stack-worker-default
        command: [/opt/rabbitry/venv/bin/celery, -A, sample, worker]
        user: celery
        environment_file: /etc/rabbitry/celery.env
        ready: {file: /run/rabbitry/stack-worker-default/ready, timeout: 30}
        runtime_dirs: [stack-worker-default]

- name: Restart one service by hand
  rabbitry.stack.services:
    names: [stack-beat]
    state: restarted
"""

RETURN = r"""
paths:
  description: Files that were written or removed.
  returned: always
  type: list
started:
  description: Names of services that were started; likewise restarted, stopped, removed and enabled.
  returned: always
  type: list
supervisor:
  description: The supervisor that was used.
  returned: always
  type: str
faults:
  description: For each service that did not become ready, the sentence and a command to read on.
  returned: failure
  type: list
log:
  description: The last lines of the first faulty service's log.
  returned: failure
  type: list
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.services import ARGUMENTS, Failure, execute


def main() -> None:
    """Run and answer; a service that does not become ready is a failure with its last log lines."""
    os.umask(0o022)  # what is made here is for services too, whatever umask the caller has
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        answer = execute(module.params, module.check_mode)
    except Failure as failure:
        module.fail_json(msg=str(failure), **failure.facts)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
