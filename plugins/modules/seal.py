#!/usr/bin/python
# Copyright: the Rabbitry contributors. MIT licence (see LICENSE).
"""Seal a host after a whole converge, and break the seal when the next one begins."""

from __future__ import annotations

DOCUMENTATION = r"""
module: seal
short_description: Say that a converge of this host began or ended whole
version_added: "0.1.0"
author: The Rabbitry contributors
description:
  - A sealed host was converged to its end with the inputs whose digest the seal carries; a run with the
    same digest need only verify it.
  - Breaking the seal never counts as a change; sealing counts when the digest is another than before.
options:
  state:
    description: V(absent) first in a converge, V(present) last.
    type: str
    choices: [present, absent]
    default: present
  env:
    description: Name of the environment.
    type: str
    default: ""
  digest:
    description: Digest of the resolved inputs; required to seal.
    type: str
    default: ""
attributes:
  check_mode:
    description: The seal stays as it is.
    support: full
  diff_mode:
    description: Shows the digests.
    support: full
"""

EXAMPLES = r"""
- name: Break the seal
  rabbitry.stack.seal:
    state: absent

- name: Seal the host
  rabbitry.stack.seal:
    env: local
    digest: "{{ stack_digest }}"
"""

RETURN = r"""
digest:
  description: Digest of the seal that was there before, or that was broken last; empty when there was none.
  type: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import seals
from ansible_collections.rabbitry.stack.plugins.module_utils.files import Refused


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "env": {"type": "str", "default": ""},
            "digest": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    asked = module.params
    if asked["state"] == "present" and not (asked["env"] and asked["digest"]):
        module.fail_json(msg="`env` and `digest` are needed to seal this host and one of them is empty")
    try:
        before = seals.last()
        changed = asked["state"] == "present" and before != {"env": asked["env"], "digest": asked["digest"]}
        if not module.check_mode:
            if asked["state"] == "absent":
                seals.unseal()
            else:
                seals.seal(asked["env"], asked["digest"])
    except (Refused, OSError) as failed:
        module.fail_json(msg=str(failed), hint=getattr(failed, "hint", ""))
    old = before.get("digest", "")
    result = {"changed": changed, "digest": old}
    if changed:
        result["diff"] = {"before": f"{old}\n" if old else "", "after": f"{asked['digest']}\n"}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
