#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Install packages, in the background when asked, and record what came with them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: packages
short_description: Install packages and record what came with them
version_added: "0.1.0"
author: The Rabbitry contributors
description:
  - Installs the packages that are missing, in one transaction, without recommended packages and questions.
    Configuration files that are already there stay. Uses apt-get, or dnf where there is none.
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
    description:
      - Packages to install, as C(name) or C(name=version). An installed one is upgraded only when it has
        another version than the one named, and never downgraded.
      - A version may leave out its epoch and its last parts, C(27.3.4) is met by C(1:27.3.4.6-1).
    type: list
    elements: str
    required: true
  sources:
    description:
      - Files that must be there before, such as sources, keys and preferences of the package manager. The
        lists of the sources among them are fetched before packages are installed.
      - They are recorded in the ledger C(sources), whoever asked for them.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Whole path., type: str, required: true}
      content: {description: Text of the file., type: str, required: true}
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

- name: Install a pinned release of the vendor's
  rabbitry.stack.packages:
    owner: rabbitmq
    names: [rabbitmq-server=4.2.10, erlang-base=27.3.4]
    sources:
      - path: /etc/apt/sources.list.d/rabbitmq.sources
        content: "{{ lookup('ansible.builtin.template', 'rabbitmq.sources.j2') }}"

- name: Wait for the broker's packages
  rabbitry.stack.packages:
    owner: rabbitmq
    names: [rabbitmq-server]
"""

RETURN = r"""
missing:
  description: What of O(names) was not installed, or not in the version named, when the module began.
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

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.package_errors import PackageError
from ansible_collections.rabbitry.stack.plugins.module_utils.package_request import Request


def main() -> None:
    """Run as an Ansible module."""
    os.umask(0o022)  # what is made here is for services too, whatever umask the caller has
    file = {"path": {"type": "str", "required": True}, "content": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "owner": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "sources": {"type": "list", "elements": "dict", "default": [], "options": file},
            "wait": {"type": "bool", "default": True},
            "mask": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 900},
        },
        supports_check_mode=True,
    )
    try:
        result = Request.read(module.params).converge(module.check_mode)
    except PackageError as failed:
        module.fail_json(msg=failed.message, hint=failed.hint, log=failed.log)
    except (Refused, LedgerError, OSError) as failed:
        module.fail_json(msg=str(failed), hint=getattr(failed, "hint", ""))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
