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
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair, prune, put
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.release_parts import (
    environment_link,
    trial_run,
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
            "switch": {"type": "bool", "default": True},
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
    made = params["existing"] or f"releases/{digest}", environment_link(params) or before[1]
    after = made if params["switch"] else before
    if before != after and digest and Pair(digest, Path(after[1]).name) in History(home).refused:
        return {"changed": False, "path": str(home / before[0]), "digest": Path(before[0]).name}
    # An application is tried once with each environment; one of the host's own may have changed.
    trial = [Path(made[1]).name, params["module"], params["user"]]
    tried = not params["existing"] and note is not None and trial in note.get("tried", [])
    result: dict[str, Any] = {
        "changed": before != after or not (tried or params["existing"]),
        "path": str(home / made[0]),
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
            if params["switch"]:
                lead(home, after, ledger)
        if params["switch"]:
            prune(home, params["keep"], ledger)
    if digest:
        shelf.record(digest, ledger)
    ledger.save()
    return result


def lead(home: Path, after: tuple[str, str], ledger: Ledger) -> None:
    """Let both links lead to where they shall; what is not the host's own is also written to the history."""
    release, venv = (Path(one) for one in after)
    if str(release.parent) == "releases" and str(venv.parent) in ("venvs", "."):
        put(History(home), Pair(release.name, venv.name), ledger)
        return
    switch(home, "venv", after[1], ledger)
    switch(home, "current", after[0], ledger)


def _links(release: str, venv: str) -> str:
    return f"current: {release}\nvenv: {venv}\n"


if __name__ == "__main__":
    main()
