#!/usr/bin/python
"""Module redis_ping: waits until Redis lets the declared password in and answers PONG."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import redis_ping

DOCUMENTATION = r"""
module: redis_ping
short_description: Wait for Redis
description:
  - Logs in to a Redis server and pings it until it answers PONG; a server that loads its data is waited for.
  - A refused password ends the wait at once. Nothing is changed, and nothing is asked in check mode.
options:
  host: {description: Where Redis listens., type: str, default: 127.0.0.1}
  port: {description: Its port., type: int, default: 6379}
  password: {description: Password of the default user., type: str, required: true}
  timeout: {description: Seconds until Redis must answer., type: int, default: 60}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Wait for Redis
  rabbitry.stack.redis_ping:
    password: "{{ redis_password }}"
"""

RETURN = r"""
seconds: {description: How long it took., type: float, returned: outside check mode}
"""

ARGUMENTS = {
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 6379},
    "password": {"type": "str", "required": True, "no_log": True},
    "timeout": {"type": "int", "default": 60},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    if module.check_mode:
        module.exit_json(changed=False)
    try:
        seconds = redis_ping.wait(params["host"], params["port"], params["password"], params["timeout"])
    except (redis_ping.NotReady, redis_ping.Refused) as error:
        module.fail_json(msg=str(error), hint=f"redis-cli -h {params['host']} -p {params['port']} ping")
    module.exit_json(changed=False, seconds=round(seconds, 3))


if __name__ == "__main__":
    main()
