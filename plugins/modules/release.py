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
path:
  description: The release.
  type: str
  returned: always
digest:
  description: The name of the release.
  type: str
  returned: always
tasks:
  description: The tasks that the application has, when it was imported in this run.
  type: list
  elements: str
  returned: changed
"""

import os
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import (
    DeploymentError,
    Shelf,
    switch,
    target,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import import_check
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.release_parts import (
    environment_link,
    environment_of,
    unpack,
)


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
    except (bundle.BundleError, LedgerError, OSError, KeyError) as error:
        module.fail_json(msg=str(error))


def converge(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Bring the host to what `params` ask. `needed` in the answer: the archive is missing."""
    home, digest = Path(params["home"]), params["digest"]
    shelf = Shelf(home, "release")
    note = shelf.note(digest) if digest else None
    before = target(home, "current"), target(home, "venv")
    after = params["existing"] or f"releases/{digest}", environment_link(params) or before[1]
    # An application is tried once with each environment; one of the host's own may have changed.
    trial = [Path(after[1]).name, params["module"], params["user"]]
    tried = not params["existing"] and note is not None and trial in note.get("tried", [])
    result: dict[str, Any] = {
        "changed": before != after or not (tried or params["existing"]),
        "path": str(home / after[0]),
        "digest": digest,
    }
    if result["changed"]:
        result["diff"] = {"before": _links(*before), "after": _links(*after)}
    if check:
        return result
    if digest and note is None and not params["archive"]:
        return {**result, "needed": True}
    ledger = Ledger(params["owner"])
    if result["changed"] or params["existing"]:
        with shelf.locked(ledger):
            if digest and note is None:
                unpack(shelf, params)
            if not tried:
                result["tasks"] = trial_run(shelf, params, note, trial)
            if params["venv"]:
                switch(home, "venv", after[1], ledger)
            switch(home, "current", after[0], ledger)
            shelf.prune(params["keep"], {digest} - {""}, ledger)
    if digest:
        shelf.record(digest, ledger)
    ledger.save()
    return result


def _links(release: str, venv: str) -> str:
    return f"current: {release}\nvenv: {venv}\n"


def trial_run(
    shelf: Shelf, params: dict[str, Any], note: dict[str, Any] | None, trial: list[str]
) -> list[str]:
    """Import the application, note that it works; returns its tasks. A new release that fails goes."""
    tasks = []
    try:
        if params["module"]:
            python = environment_of(params) / "bin" / "python"
            path = Path(params["existing"] or shelf.path(params["digest"]))
            tasks = import_check(params["module"], path, python, params["user"], params["environment_file"])
    except DeploymentError:
        if note is None and params["digest"]:
            shelf.discard(params["digest"])
        raise
    if params["digest"]:
        shelf.complete(params["digest"], tried=[*(note or {}).get("tried", []), trial][-10:])
    return tasks


if __name__ == "__main__":
    main()
