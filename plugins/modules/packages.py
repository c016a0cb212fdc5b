#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Install the distribution's packages, in the background when asked, and record what came with them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: packages
short_description: Install packages of the distribution and record what came with them
version_added: "0.1.0"
author: The Rabbitry contributors
description:
  - Installs the packages that are missing, in one transaction, without recommended packages and questions.
    Configuration files that are already there stay.
  - Fetches the package lists only when there are none or when they prove to be stale.
  - With O(wait=false) the transaction runs on by itself; a later call with O(wait=true), of any owner, waits
    for it and fails when it failed.
  - Every package, account and directory that came with the transaction is recorded in the ledger, so that
    M(rabbitry.stack.retire) can remove exactly those.
options:
  owner:
    description: In whose ledger the packages are recorded.
    type: str
    required: true
  names:
    description: Packages to install. Installed ones are not upgraded.
    type: list
    elements: str
    required: true
  wait:
    description: Whether to return only when all running transactions have ended.
    type: bool
    default: true
  mask:
    description:
      - Units that systemd must not start during the transaction; they are enabled as their package wants,
        and free again afterwards. A unit that was on the host before is left alone.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait for a transaction.
    type: int
    default: 900
attributes:
  check_mode:
    description: Says what would be installed.
    support: full
  diff_mode:
    description: Shows the packages with their versions.
    support: full
"""

EXAMPLES = r"""
- name: Begin to install the broker
  rabbitry.stack.packages:
    owner: rabbitmq
    names: [rabbitmq-server]
    mask: [rabbitmq-server.service, epmd.socket]
    wait: false

- name: Wait for the broker's packages
  rabbitry.stack.packages:
    owner: rabbitmq
    names: [rabbitmq-server]
"""

RETURN = r"""
missing:
  description: Packages among O(names) that were not installed when the module began.
  type: list
  elements: str
  returned: success
running:
  description: Whether a transaction is still running.
  type: bool
  returned: success
hint:
  description: A command that helps to find the cause.
  type: str
  returned: failure
log:
  description: Last lines of the transaction's log.
  type: list
  elements: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import managers
from ansible_collections.rabbitry.stack.plugins.module_utils.apt import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.transaction import Transactions


def converge(module: AnsibleModule) -> dict[str, object]:
    """Do what the arguments ask; returns the module's result. Raises PackageError, Refused, LedgerError."""
    asked = module.params
    names = list(dict.fromkeys(asked["names"]))
    manager = managers.for_host()
    transactions = Transactions(install=manager.install)
    before = manager.installed()
    missing = [name for name in names if name not in before]
    result: dict[str, object] = {"changed": bool(missing), "missing": missing, "running": False}
    if not module.check_mode:
        if asked["wait"]:
            transactions.join(asked["timeout"])
            if any(name not in manager.installed() for name in names):
                transactions.start(asked["owner"], names, asked["mask"])
                transactions.join(asked["timeout"])
            transactions.settle()
        else:
            transactions.failures(names)  # they are about to be tried again
            running = transactions.running()
            if not set(missing) <= running:
                transactions.start(asked["owner"], names, asked["mask"])
            result["running"] = bool(missing or running)
        present = manager.installed()
        ledger = Ledger(asked["owner"])
        for name in set(names) & set(present):
            ledger.record("package", name, version=present[name])
        ledger.save()
    if missing:
        result["diff"] = {"before": "", "after": "".join(f"{name}\n" for name in missing)}
    return result


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(
        argument_spec={
            "owner": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "wait": {"type": "bool", "default": True},
            "mask": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    try:
        result = converge(module)
    except PackageError as failed:
        module.fail_json(msg=failed.message, hint=failed.hint, log=failed.log)
    except (Refused, LedgerError, OSError) as failed:
        module.fail_json(msg=str(failed), hint=getattr(failed, "hint", ""))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
