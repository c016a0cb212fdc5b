#!/usr/bin/python
"""Module redis_settings: waits for Redis and brings its running settings to what is declared."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_settings, services
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT as LEDGERS
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_converge import Different, Outcome, Server
from ansible_collections.rabbitry.stack.plugins.module_utils.redis_wire import NotReady, Refused

DOCUMENTATION = r"""
module: redis_settings
short_description: Settings of a running Redis
description:
  - Waits until Redis lets the declared password in and answers; a server that loads its data is waited for.
  - Compares C(CONFIG GET) and the rules of the user C(default) with what is declared, and brings them there
    by C(CONFIG SET), which no client notices, or by a restart where Redis refuses that.
  - A server that was made to write somewhere else is refused by name, since intruders do that.
  - Users that nobody declared are left alone, with a warning.
options:
  owner: {description: Whose ledger takes the entry., type: str, required: true}
  service: {description: Name of the service that is restarted when it must be., type: str, required: true}
  host: {description: Where Redis listens., type: str, default: 127.0.0.1}
  port: {description: Its port., type: int, default: 6379}
  password: {description: Password of the user C(default)., type: str, required: true}
  former_password:
    description: The one that it replaces; a server that knows only this one is told without a restart.
    type: str
    default: ""
  keep_former:
    description: Leave the former one good beside the new one, while clients change over.
    type: bool
    default: false
  settings: {description: The text of its configuration file., type: str, required: true}
  replicates:
    description: It has a master, or may get one, and logs in there by the same password.
    type: bool
    default: false
  restart:
    description: The command that restarts it, when O(service) is in a container.
    type: list
    elements: str
    default: []
  ledgers:
    description: Directory of the ledger, when Redis is in a container; the host's own otherwise.
    type: path
    default: /var/lib/rabbitry/ledger
  timeout: {description: Seconds until Redis must answer., type: int, default: 60}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Settings of the running Redis are as declared
  rabbitry.stack.redis_settings:
    owner: redis
    service: redis-server
    password: "{{ redis_password }}"
    settings: "{{ lookup('ansible.builtin.template', 'etc/redis/redis.conf.j2') }}"
"""

RETURN = r"""
changes: {description: What differed., type: list, elements: str, returned: success}
restarted: {description: Whether it took a restart., type: bool, returned: success}
undeclared: {description: Users that nobody declared., type: list, elements: str, returned: success}
"""

ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 6379},
    "password": {"type": "str", "required": True, "no_log": True},
    "former_password": {"type": "str", "default": "", "no_log": True},
    "keep_former": {"type": "bool", "default": False},
    "settings": {"type": "str", "required": True},
    "replicates": {"type": "bool", "default": False},
    "restart": {"type": "list", "elements": "str", "default": []},
    "ledgers": {"type": "path", "default": str(LEDGERS)},
    "timeout": {"type": "int", "default": 60},
}


def run(module: AnsibleModule) -> Outcome:
    """Do the module's work; raises what a Server's `converge` does."""
    params = module.params
    arguments: dict[str, Any] = {name: one.get("default") for name, one in services.ARGUMENTS.items()}
    arguments |= {"names": [params["service"]], "state": "restarted"}
    declared = redis_settings.parse(params["settings"])

    def restart() -> None:
        if params["restart"]:
            module.run_command(params["restart"], check_rc=True)
        else:
            services.execute(arguments, check=False)

    server = Server(
        host=params["host"],
        port=params["port"],
        password=params["password"],
        declared=declared,
        timeout=params["timeout"],
        restart=restart,
        former=params["former_password"],
        keep_former=params["keep_former"],
        replicates=params["replicates"],
    )
    if module.check_mode:
        return server.predict()
    outcome = server.converge()
    ledger = Ledger(params["owner"], Path(params["ledgers"]))
    facts = {"replicates": True} if params["replicates"] else {}
    ledger.record("settings", "redis", host=params["host"], port=params["port"], declared=declared, **facts)
    ledger.save()
    return outcome


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        outcome = run(module)
    except (NotReady, Refused) as error:
        hint = f"redis-cli -h {params['host']} -p {params['port']} ping"
        module.fail_json(msg=f"{error} on {socket.gethostname()}", hint=hint)
    except Different as error:
        module.fail_json(msg=f"{error} on {socket.gethostname()}", hint=error.hint)
    except services.Failure as failure:
        module.fail_json(msg=str(failure), **failure.facts)
    for user in outcome.undeclared:
        module.warn(f"the {user} can log in to Redis, is not declared, and is left alone")
    module.exit_json(
        changed=bool(outcome.changes),
        changes=[str(one) for one in outcome.changes],
        restarted=outcome.restarted,
        undeclared=outcome.undeclared,
        diff=redis_settings.shown(outcome.changes),
    )


if __name__ == "__main__":
    main()
