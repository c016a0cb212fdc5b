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
  - A release that was taken back with that environment stays away until source or packages change;
    M(rabbitry.stack.rollout) puts it in use all the same.
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
    required: true
  venv:
    description: The environment to run in, as C(venvs/<digest>) or its path; switched to with the release.
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
  switch:
    description: Whether C(<home>/current) leads to it afterwards.
    type: bool
    default: true
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
"""

import os
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import bundle
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError, Shelf
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair, prune, put
from ansible_collections.rabbitry.stack.plugins.module_utils.import_check import import_check
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError


def main() -> None:
    os.umask(0o022)  # what is made here is for services too, whatever umask the caller has
    module = AnsibleModule(
        argument_spec={
            "owner": {"type": "str", "required": True},
            "home": {"type": "path", "default": "/opt/rabbitry"},
            "source": {"type": "str", "required": True},
            "venv": {"type": "str", "default": ""},
            "module": {"type": "str", "default": ""},
            "user": {"type": "str", "default": ""},
            "environment_file": {"type": "str", "default": ""},
            "switch": {"type": "bool", "default": True},
            "keep": {"type": "int", "default": 3},
            # Given by the action plugin alone: what it packed, and where it put that on this host.
            "digest": {"type": "str", "required": True},
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
    venv = Path(params["venv"]).name
    note = shelf.note(digest)
    # An application is tried once with each environment.
    trial = [venv or shelf.linked("venv"), params["module"], params["user"]]
    before = shelf.linked("current"), shelf.linked("venv")
    after = (digest, venv or before[1]) if params["switch"] else before
    history = History(home)
    if before != after and Pair(*after) in history.refused:
        return {"changed": False, "path": str(shelf.path(before[0])), "digest": before[0]}
    tried = note is not None and trial in note.get("tried", [])
    result: dict[str, Any] = {
        "changed": before != after or not tried,
        "path": str(shelf.path(digest)),
        "digest": digest,
    }
    if result["changed"]:
        result["diff"] = {"before": _links(*before), "after": _links(*after)}
    if check:
        return result
    if note is None and not params["archive"]:
        return {**result, "needed": True}
    ledger = Ledger(params["owner"])
    if result["changed"]:
        with shelf.locked(ledger):
            if note is None:
                unpack(shelf, params)
            if not tried:
                result["tasks"] = trial_run(shelf, params, note, trial)
            if params["switch"]:
                put(history, Pair(*after), ledger)
        if params["switch"]:
            prune(home, params["keep"], ledger)
    shelf.record(digest, ledger)
    ledger.save()
    return result


def _links(release: str, venv: str) -> str:
    return f"current: {release}\nvenv: {venv}\n"


def environment_of(params: dict[str, Any]) -> Path:
    home = Path(params["home"])
    return home / "venvs" / Path(params["venv"]).name if params["venv"] else home / "venv"


def unpack(shelf: Shelf, params: dict[str, Any]) -> None:
    """Put the archive's files in place, with their bytecode."""
    path = shelf.path(params["digest"])
    shelf.discard(params["digest"])
    bundle.unpack(Path(params["archive"]), path)
    python = environment_of(params) / "bin" / "python"
    if python.exists():
        # A file that does not compile is no fault here: it may be a template, and the import tells the rest.
        words = [str(python), "-m", "compileall", "-q", "-q", str(path)]
        subprocess.run(words, cwd="/", capture_output=True, umask=0o022, timeout=120, check=False)


def trial_run(
    shelf: Shelf, params: dict[str, Any], note: dict[str, Any] | None, trial: list[str]
) -> list[str]:
    """Import the application, note that it works; returns its tasks. A new release that fails goes."""
    tasks = []
    try:
        if params["module"]:
            python = environment_of(params) / "bin" / "python"
            path = shelf.path(params["digest"])
            tasks = import_check(params["module"], path, python, params["user"], params["environment_file"])
    except DeploymentError:
        if note is None:
            shelf.discard(params["digest"])
        raise
    shelf.complete(params["digest"], tried=[*(note or {}).get("tried", []), trial][-10:])
    return tasks


if __name__ == "__main__":
    main()
