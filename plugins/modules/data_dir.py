#!/usr/bin/python
"""Module data_dir: refuses to start a service in a directory while its data lies in another one."""

from __future__ import annotations

import socket
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import data_dir, supervisor, supervisord
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger, LedgerError

DOCUMENTATION = r"""
module: data_dir
short_description: No service starts empty beside its data
description:
  - Fails, with the commands that move it, when the service's directory holds no data and a directory that it
    used before, or the platform's usual one, does. Changes nothing but the ledger.
  - Notes a directory other than the usual one as data, which goes when the stack is destroyed.
options:
  owner: {description: Whose ledger knows the directories., type: str, required: true}
  service: {description: Name of the service., type: str, required: true}
  path: {description: Directory that the service is going to use., type: path, required: true}
  usual: {description: Directory that the platform's package gives it., type: path, required: true}
  content: {description: Patterns of names of its data., type: list, elements: str, required: true}
  others: {description: Patterns of other data of its kind., type: list, elements: str, default: []}
  keep: {description: "The setting that keeps such data in use, C(%s) for its name.", type: str, default: ""}
  brought:
    description: Directories that the package does not bring, and that go with the service.
    type: list
    elements: path
    default: []
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Refuse to leave data of Redis behind
  rabbitry.stack.data_dir:
    owner: redis
    service: redis-server
    path: /srv/redis
    usual: /var/lib/redis
    content: ["*.rdb", appendonlydir]
    brought: [/srv/redis]
"""

RETURN = r"""
hint: {description: The commands that move the data., type: str, returned: failure}
"""

ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "usual": {"type": "path", "required": True},
    "content": {"type": "list", "elements": "str", "required": True},
    "others": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "str", "default": ""},
    "brought": {"type": "list", "elements": "path", "default": []},
}
STOP = {
    "systemd": "systemctl stop {}",
    "supervisord": f"supervisorctl -c {supervisord.CONF} stop {{}}",
    "launchd": "brew services stop {}",
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        ledger = Ledger(params["owner"])
        data = data_dir.Data(
            service=params["service"],
            own=params["content"],
            others=params["others"],
            keep=params["keep"],
            stop=STOP[supervisor.detect()].format(params["service"]),
        )
        earlier = [*data_dir.recorded(ledger), Path(params["usual"])]
        data_dir.check(Path(params["path"]), earlier, data)
        data_dir.record(ledger, [Path(one) for one in params["brought"]])
        if not module.check_mode:
            ledger.save()
    except data_dir.LeftBehind as refusal:
        module.fail_json(msg=f"{refusal} on {socket.gethostname()}", hint=refusal.hint)
    except (LedgerError, OSError) as error:
        module.fail_json(msg=f"{error} on {socket.gethostname()}")
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
