#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Undo everything that the ledgers of a host say Rabbitry did."""

from __future__ import annotations

DOCUMENTATION = r"""
module: retire
short_description: Undo everything that Rabbitry did on a host
version_added: "0.1.0"
author: The Rabbitry contributors
description:
  - Stops and removes the services, then removes the files, packages, directories and accounts that Rabbitry
    brought, the data of the broker and the backend included.
  - What was there before stays; a file that Rabbitry had replaced gets its old content back.
  - A package that something else needs by now stays.
  - With O(owners) only what these brought goes, on a host whose stack goes on; what others need, accounts,
    and directories that hold something stay.
  - Check mode gives the plan.
options:
  owners:
    description: The ledgers to undo, as C(celery_worker-shop); all of them and everything when not given.
    type: list
    elements: str
  data:
    description:
      - Directories that go with their content when Rabbitry created them. Others go when empty.
      - When not given, C(/opt/rabbitry), C(/etc/rabbitry), C(/var/lib/rabbitry), C(/var/log/rabbitry), on
        macOS their like below the prefix of Homebrew.
    type: list
    elements: path
attributes:
  check_mode:
    description: Returns what would be removed and kept.
    support: full
  diff_mode:
    description: Shows what goes.
    support: full
"""

EXAMPLES = r"""
- name: Plan the removal
  rabbitry.stack.retire:
  check_mode: true
  register: plan

- name: Remove the stack
  rabbitry.stack.retire:

- name: Remove the workers of an application
  rabbitry.stack.retire:
    owners: [celery_worker-shop]
"""

RETURN = r"""
removed:
  description: What was removed, in this order, as C({kind, name}).
  type: list
  elements: dict
  returned: always
restored:
  description: What got its old content back, as C({kind, name}).
  type: list
  elements: dict
  returned: always
kept:
  description: What stays, as C({kind, name, why}).
  type: list
  elements: dict
  returned: always
hint:
  description: A command that helps to find the cause.
  type: str
  returned: failure
log:
  description: Last lines of the package manager's log.
  type: list
  elements: str
  returned: failure
"""

from contextlib import suppress
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import managers
from ansible_collections.rabbitry.stack.plugins.module_utils.departure import depart, forget
from ansible_collections.rabbitry.stack.plugins.module_utils.inventory import Inventory
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.retirement import ERRORS, Retirement
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError
from ansible_collections.rabbitry.stack.plugins.module_utils.transaction import STATE, Transactions
from ansible_collections.rabbitry.stack.plugins.module_utils.verdict import Verdict

TIMEOUT = 900  # seconds for a package transaction that still runs


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(
        argument_spec={
            "owners": {"type": "list", "elements": "str"},
            "data": {"type": "list", "elements": "path"},
        },
        supports_check_mode=True,
    )
    result = vars(Verdict())
    owners = module.params["owners"]
    try:
        manager = managers.for_host(Path(module.tmpdir) / "packages.log")
        if STATE.is_dir() and not module.check_mode and owners is None:
            transactions = Transactions(install=manager.install)
            with suppress(PackageError):  # what a failed transaction brought is in the ledger all the same
                transactions.join(TIMEOUT)
            transactions.settle()
        inventory = Inventory(owners=owners)
        data = (module.params["data"] or HERE.data) if owners is None else ()
        retirement = Retirement(inventory, manager, data, module.check_mode)
        result = vars(retirement.verdict)
        if owners is not None:
            depart(retirement)
            if not module.check_mode:
                forget(owners, result["removed"])
        elif not inventory.empty:
            retirement.all()
            retirement.traces()
    except (LedgerError, SupervisorError, *ERRORS) as failed:
        log, hint = getattr(failed, "log", []), getattr(failed, "hint", "")
        module.fail_json(msg=str(failed), hint=hint, log=log, **result)
    changed = bool(result["removed"] or result["restored"])
    lines = "".join(f"{one['kind']} {one['name']}\n" for one in result["removed"])
    module.exit_json(changed=changed, diff={"before": lines, "after": ""}, **result)


if __name__ == "__main__":
    main()
