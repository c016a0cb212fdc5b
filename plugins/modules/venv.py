#!/usr/bin/python
"""Build a Python environment from a hashed lock, beside those that are there, and switch to it."""

from __future__ import annotations

DOCUMENTATION = """
module: venv
short_description: Build a Python environment from a hashed lock
description:
  - Builds C(<home>/venvs/<digest>) with uv, from a lock that has a hash for every package, and lets
    C(<home>/venv) lead to it.
  - An application's own lock leads - what it does not bring is taken from O(lock).
  - The digest depends on the locks, the requirements and the version of Python, so no change is quick.
options:
  owner:
    description: The ledger that records the environment.
    type: str
    required: true
  home:
    description: The directory that environments lie in.
    type: path
    default: /opt/rabbitry
  lock:
    description: Text of the lock, a requirements file in which every package is pinned and hashed.
    type: str
    required: true
  requirements:
    description:
      - Text of a requirements file that leaves choices open. Versions of O(lock) are taken where they fit.
    type: str
    default: ""
  leading:
    description: Text of a requirements file; what O(requirements) must not choose otherwise.
    type: str
    default: ""
  own_lock:
    description: Text of the application's own lock, which pins all that it needs.
    type: str
    default: ""
  package:
    description:
      - The application itself when it is installed, as a wheel of the machine that runs Ansible or as a
        package with its version.
    type: str
    default: ""
  package_digest:
    description: What the wheel is made of; another one makes another environment.
    type: str
    default: ""
  use:
    description: An environment of the host's own. Nothing is built then, and no link made.
    type: str
    default: ""
  python:
    description: The interpreter, by its path or by a version like V(3.12); when empty, the system's.
    type: str
    default: ""
  uv:
    description:
      - Path of uv on the host; when empty, the one on PATH, or one that is installed from O(uv_lock) into
        C(<home>/uv).
    type: str
    default: ""
  uv_lock:
    description: Text of the hashed lock of uv itself.
    type: str
    default: ""
  ca_file:
    description: File with the certificates to trust; when empty, what the system trusts.
    type: str
    default: ""
  index:
    description: The package index, with its login if it wants one; when empty, the account's own.
    type: str
    default: ""
  switch:
    description: Whether C(<home>/venv) leads to the environment afterwards.
    type: bool
    default: true
  keep:
    description: How many environments to keep, with the one in use.
    type: int
    default: 3
author: Rabbitry
"""

EXAMPLES = """
- name: Build the environment
  rabbitry.stack.venv:
    owner: celery_app
    lock: "{{ lookup('ansible.builtin.file', 'locks/5.7.txt') }}"
"""

RETURN = """
path:
  description: The environment.
  type: str
  returned: always
digest:
  description: The name of the environment.
  type: str
  returned: always
removed:
  description: Environments that were removed because newer ones are kept.
  type: list
  elements: str
  returned: always
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import environment_tools
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf, switch
from ansible_collections.rabbitry.stack.plugins.module_utils.environment_build import Recipe, build, is_built
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError


def main() -> None:
    os.umask(0o022)  # what is made here is for services too, whatever umask the caller has
    module = AnsibleModule(
        argument_spec={
            "owner": {"type": "str", "required": True},
            "home": {"type": "path", "default": "/opt/rabbitry"},
            "lock": {"type": "str", "required": True},
            "requirements": {"type": "str", "default": ""},
            "leading": {"type": "str", "default": ""},
            "own_lock": {"type": "str", "default": ""},
            "package": {"type": "str", "default": ""},
            "package_digest": {"type": "str", "default": ""},
            "use": {"type": "str", "default": ""},
            "python": {"type": "str", "default": ""},
            "uv": {"type": "str", "default": ""},
            "uv_lock": {"type": "str", "default": ""},
            "ca_file": {"type": "str", "default": ""},
            "index": {"type": "str", "default": "", "no_log": True},
            # Given by the action plugin alone: where it put the wheel on this host.
            "archive": {"type": "path"},
            "switch": {"type": "bool", "default": True},
            "keep": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**converge(module.params, module.check_mode))
    except DeploymentError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log)
    except Refused as error:
        module.fail_json(msg=error.message, hint=error.hint)
    except (LedgerError, OSError) as error:
        module.fail_json(msg=str(error))


def converge(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Bring the host to what `params` ask; in check mode only say whether it would change.

    `needed` in the answer: the wheel is missing.
    """
    home = Path(params["home"])
    if params["use"]:
        return {"changed": False, "path": environment_tools.given(params["use"]), "digest": "", "removed": []}
    shelf = Shelf(home, "venv")
    recipe = Recipe.of(params)
    python, digest = recipe.python, recipe.digest
    before = shelf.linked("venv")
    built = is_built(shelf, recipe)
    changed = not built or (params["switch"] and before != digest)
    result: dict[str, Any] = {
        "changed": changed,
        "path": str(shelf.path(digest)),
        "digest": digest,
        "removed": [],
    }
    if changed:
        result["diff"] = {"before": f"venvs/{before}\n", "after": f"venvs/{digest}\n"}
    if check:
        return result
    if not built and params["package"].endswith(".whl") and not params["archive"]:
        return {**result, "needed": True}
    ledger = Ledger(params["owner"])
    if changed:
        with shelf.locked(ledger):
            if not is_built(shelf, recipe):
                build(shelf, recipe, environment_tools.uv_for(params, home, python, ledger), ledger)
            if params["switch"]:
                switch(home, "venv", f"venvs/{digest}", ledger)
            used = {pair.venv for pair in History(home).used(params["keep"])}
            used |= {digest, shelf.linked("venv")}
            result["removed"] = shelf.prune(params["keep"], used - {""}, ledger)
    shelf.record(digest, ledger)
    ledger.save()
    return result


if __name__ == "__main__":
    main()
