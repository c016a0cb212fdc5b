#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Put accounts, directories, files and links on a host in one call, and record them in the ledger."""

from __future__ import annotations

DOCUMENTATION = r"""
module: place
short_description: Put accounts, directories, files and links on a host in one call
version_added: "0.1.0"
author: The Rabbitry contributors
description:
  - Brings all that is listed to the state asked for, in the order in which the options stand here.
  - A file is replaced in one step; a link in the last part of a path is refused and never followed.
  - A tree that shows signs of an intrusion is refused before anything is changed, and not repaired.
  - What was on the host before is noted, and what such a file held is kept, so that M(rabbitry.stack.retire)
    can restore it. An account that was there before is not changed, it only joins the groups named.
options:
  owner:
    description: In whose ledger all this is recorded.
    type: str
    required: true
  groups:
    description: System groups.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: Name of the group., type: str, required: true}
  users:
    description: System users without a password; their home is not created.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: Name of the user., type: str, required: true}
      group: {description: Primary group., type: str, required: true}
      home: {description: Home directory., type: str, default: /nonexistent}
      shell: {description: Login shell., type: str, default: /usr/sbin/nologin}
      comment: {description: Full name., type: str, default: ""}
      groups: {description: Further groups to join., type: list, elements: str, default: []}
  directories:
    description: Directories; missing parents are made with mode 0755.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Whole path., type: str, required: true}
      mode: {description: "Permissions, quoted.", type: str, default: "0755"}
      user: {description: Owner., type: str, default: root}
      group: {description: Group., type: str, default: root}
  files:
    description: Files with their whole content.
    type: list
    elements: dict
    default: []
    suboptions: &file
      path: {description: Whole path., type: str, required: true}
      content: {description: "Text of the file; anything but text is refused.", type: raw, required: true}
      mode: {description: "Permissions, quoted.", type: str, default: "0644"}
      user: {description: Owner., type: str, default: root}
      group: {description: Group., type: str, default: root}
  secret_files:
    description: Files whose content appears in no log and no difference.
    type: list
    elements: dict
    default: []
    suboptions: *file
  links:
    description: Symbolic links.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Whole path., type: str, required: true}
      target: {description: What the link points to., type: str, required: true}
  absent:
    description: Files, links and empty directories that must not be there.
    type: list
    elements: str
    default: []
  trees:
    description: >-
      All directories of this owner whose content programs write: whose it is, and the most that others may do
      with it. They are not made; no link is followed, and another file system is not entered.
      What other options or owners state is left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Whole path of the directory., type: str, required: true}
      user: &user {description: "Whose everything is; empty for anybody's.", type: str, default: ""}
      group: &group {description: "Its group; empty for any.", type: str, default: ""}
      also: &also {description: "Other owners, C(user:group).", type: list, elements: str, default: []}
      directory_mode: &open {description: The most of a directory; V(0750) unless given., type: str}
      file_mode: &read {description: The most of a file; V(0640) unless given., type: str}
      directory_least: &least {description: The least; what its owner needs unless given., type: str}
      file_least: *least
      rules:
        description: Exceptions; the first that fits counts, also for what is below it.
        type: list
        elements: dict
        default: []
        suboptions:
          name: {description: "Pattern of a path within; C(.) is the tree.", type: str, required: true}
          user: *user
          group: *group
          also: *also
          directory_mode: *open
          file_mode: *read
          directory_least: *least
          file_least: *least
      guarded:
        description: >-
          Whether accounts of services can write there, so that links that lead out of it, and SSH keys, are
          signs of an intrusion.
        type: bool
        default: true
      depth: {description: Levels that belong to it; all unless given., type: int}
attributes:
  check_mode:
    description: Predicts the changes, also where accounts are still missing.
    support: full
  diff_mode:
    description: Shows the changes, secrets excepted.
    support: full
"""

EXAMPLES = r"""
- name: Configure the result backend
  rabbitry.stack.place:
    owner: redis
    directories:
      - {path: /etc/redis, mode: "2770", user: redis, group: redis}
    files:
      - path: /etc/redis/redis.conf
        content: "{{ lookup('ansible.builtin.template', 'etc/redis/redis.conf.j2') }}"
        mode: "0640"
        user: redis
        group: redis
    absent: [/etc/redis/old.conf]
    trees:
      - {path: /var/lib/redis, user: redis, group: redis, directory_mode: "0750", file_mode: "0640"}
"""

RETURN = r"""
paths:
  description: What changed; accounts as C(user NAME) and C(group NAME).
  type: list
  elements: str
  returned: always
hint:
  description: A command that helps to find the cause.
  type: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils.accounts import AccountError, Accounts
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError
from ansible_collections.rabbitry.stack.plugins.module_utils.placement import Placement
from ansible_collections.rabbitry.stack.plugins.module_utils.placement_arguments import ARGUMENTS


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    asked = module.params
    changed: list[str] = []
    try:
        ledger = Ledger(asked["owner"])
        placement = Placement(ledger, Accounts(), module.check_mode)
        changed = placement.changed
        try:
            placement.all(asked)
        finally:
            if not module.check_mode:
                ledger.save()  # what was done before a failure is Rabbitry's too
    except (Refused, AccountError, LedgerError, OSError) as failed:
        module.fail_json(msg=str(failed), hint=getattr(failed, "hint", ""), paths=changed)
    module.exit_json(changed=bool(changed), paths=changed, diff=placement.diff)


if __name__ == "__main__":
    main()
