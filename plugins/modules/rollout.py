#!/usr/bin/python
"""Puts a release that is on the host in use under running services, or takes it back."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout
short_description: Put a release in use under services that run, and take it back when it does not work
description:
  - Lets C(<home>/current) and C(<home>/venv) lead to a release and an environment that are on the host, and
    replaces the processes of the services that run from there, one after the other. A worker takes no more
    tasks, is asked to end and finishes those that it has; the next service's turn comes when the new process
    works.
  - A worker works when it consumes its queues, has registered exactly the tasks that its release declares,
    and has begun a task or has none waiting.
  - When one does not within O(deadline), both links lead back and every replaced service runs what it ran
    before; the module then fails with the reason and the last lines of that service's log.
  - Each use is written to C(<home>/history.json). A sealed host stays sealed.
options:
  owner:
    description: The ledger that records the links.
    type: str
    required: true
  home:
    description: The directory of the application.
    type: path
    default: /opt/rabbitry
  release:
    description: The digest of the release.
    type: str
    required: true
  venv:
    description: The digest of its environment.
    type: str
    required: true
  part:
    description: Which services to replace, V(workers) first; V(others) are beat and Flower.
    type: str
    choices: [workers, others]
    default: workers
  by:
    description: What it is called in the history; V(rollback) imports the application first.
    type: str
    choices: [deploy, rollback]
    default: deploy
  run:
    description: A name for this deployment on all hosts.
    type: str
    default: ""
  module:
    description: The Celery application, as C(-A) takes it.
    type: str
    required: true
  user:
    description: The account that its services run as.
    type: str
    default: ""
  environment_file:
    description: File with the variables of the application.
    type: str
    default: ""
  deadline:
    description: Seconds from its start in which a new process must work.
    type: int
    default: 60
  keep:
    description: How many releases to keep, with the one in use.
    type: int
    default: 3
author: Rabbitry
"""

EXAMPLES = """
- name: Put a release in use
  rabbitry.stack.rollout:
    owner: celery_app
    release: 3f0c1d2e4b5a6978
    venv: 9a8b7c6d5e4f3021
    module: shop
    user: celery
"""

RETURN = """
release: {description: The release that is in use., type: str, returned: success}
venv: {description: Its environment., type: str, returned: success}
replaced: {description: Services whose process was replaced., type: list, elements: str, returned: success}
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.history import Pair
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.rolling import Rolling
from ansible_collections.rabbitry.stack.plugins.module_utils.rollout import Rollout
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_check import Lack, check
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_drain import drain
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_question import Application, is_worker

ARGUMENTS: dict[str, dict[str, Any]] = {
    "owner": {"type": "str", "required": True},
    "home": {"type": "path", "default": "/opt/rabbitry"},
    "release": {"type": "str", "required": True},
    "venv": {"type": "str", "required": True},
    "part": {"type": "str", "choices": ["workers", "others"], "default": "workers"},
    "by": {"type": "str", "choices": ["deploy", "rollback"], "default": "deploy"},
    "run": {"type": "str", "default": ""},
    "module": {"type": "str", "required": True},
    "user": {"type": "str", "default": ""},
    "environment_file": {"type": "str", "default": ""},
    "deadline": {"type": "int", "default": 60},
    "keep": {"type": "int", "default": 3},
}


def main() -> None:
    """Run and answer; a release that does not work is a failure with the last log lines."""
    os.umask(0o022)  # what is made here is for services too, whatever umask the caller has
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(**execute(module.params, module.check_mode))
    except DeploymentError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)
    except (Refused, SupervisorError) as error:
        module.fail_json(msg=str(error), hint=error.hint)
    except (LedgerError, OSError, KeyError) as error:
        module.fail_json(msg=str(error))


def execute(params: dict[str, Any], predict: bool) -> dict[str, Any]:
    """Do it, or in check mode say whether anything would change."""
    home = Path(params["home"])
    application = Application(params["module"], params["user"], params["environment_file"])
    pair = Pair(params["release"], Path(params["venv"]).name)

    def lack(service: Service, seconds: float) -> Lack | None:
        return check(service, application, home, seconds) if is_worker(service) else None

    def rest(service: Service) -> None:
        if is_worker(service):
            drain(service, application, home)

    rolling = Rolling(supervisor.control(), params["deadline"], lack, rest)
    named = {name: params[name] for name in ("owner", "by", "run", "keep")}
    rollout = Rollout(home, application, rolling, **named)
    changed = rollout.predict(pair, params["part"]) if predict else rollout.put(pair, params["part"])
    return {"changed": changed, "release": pair.release, "venv": pair.venv, "replaced": rollout.replaced}


if __name__ == "__main__":
    main()
