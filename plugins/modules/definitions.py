#!/usr/bin/python
"""Module definitions: brings RabbitMQ's users, vhosts, queues and the rest to what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rabbitry.stack.plugins.module_utils import definitions
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import (
    Broker,
    BrokerError,
    LoginRefused,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_document import document
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_objects import Fields
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_plugins import Plugins
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_pruning import Pruning
from ansible_collections.rabbitry.stack.plugins.module_utils.broker_surplus import surplus, undeclared
from ansible_collections.rabbitry.stack.plugins.module_utils.declared import COMPARED
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import ROOT as LEDGERS
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger

DOCUMENTATION = r"""
module: definitions
short_description: Declared RabbitMQ definitions
description:
  - Compares users, virtual hosts, permissions, exchanges, queues, bindings and policies with those of a
    running broker in one call, and sends only what differs.
  - What nobody declared is reported and left alone, a user with a warning, except C(guest), who is deleted.
  - With O(prune) it is deleted, unless it holds messages or is in use, which is kept with a warning.
  - A queue or exchange that is there with other arguments is refused by name, before anything is sent; so is
    another default queue type of a virtual host, for RabbitMQ 3.10, which sets it only at creation.
options:
  owner: {description: Whose ledger takes the entry., type: str, required: true}
  url: {description: Management API on this host., type: str, default: "http://127.0.0.1:15672"}
  username: {description: Declared user with the tag administrator that logs in., type: str, required: true}
  definitions: {description: What is declared; any of the lists may be left out., type: dict, required: true}
  prune: {description: Whether what nobody declared is deleted., type: bool, default: false}
  document: {description: The same as a file on the host, imported when the login is refused., type: path}
  rabbitmqctl: {description: The command that imports it., type: path, default: /usr/sbin/rabbitmqctl}
  plugins:
    description: The whole set of plugins, what was turned on or off by hand is undone; empty for any set.
    type: list
    elements: str
    default: []
  enabled_plugins: {description: File that names them., type: path, default: /etc/rabbitmq/enabled_plugins}
  ledgers:
    description: Directory of the ledger, when the broker is in a container; the host's own otherwise.
    type: path
    default: /var/lib/rabbitry/ledger
  timeout: {description: Seconds until the API must answer., type: int, default: 60}
author: [Rabbitry (@rabbitry)]
"""

EXAMPLES = r"""
- name: Declare a virtual host and an administrator
  rabbitry.stack.definitions:
    owner: rabbitmq
    username: admin
    definitions:
      vhosts: [{name: app}]
      users: [{name: admin, password: "{{ admin_password }}", tags: [administrator]}]
"""

RETURN = r"""
changes: {description: What was (or would be) changed., type: list, elements: str, returned: always}
undeclared: {description: What nobody declared and is there., type: list, elements: str, returned: always}
kept: {description: What was to be pruned and had to stay., type: list, elements: str, returned: success}
digest: {description: Checksum of the declared objects as the broker has them., type: str, returned: success}
"""

# Seconds after which an API that does not answer is taken for turned off.
PATIENCE = 20
ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    **COMPARED,
    "document": {"type": "path"},
    "plugins": {"type": "list", "elements": "str", "default": []},
    "enabled_plugins": {"type": "path", "default": "/etc/rabbitmq/enabled_plugins"},
    "ledgers": {"type": "path", "default": str(LEDGERS)},
    "timeout": {"type": "int", "default": 60},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do the module's work and return its result; raises BrokerError."""
    params, declared = module.params, module.params["definitions"]
    broker = Broker.of(params, module.run_command)
    plugins = Plugins(broker, params["plugins"], params["enabled_plugins"])
    ledger = Ledger(params["owner"], Path(params["ledgers"]))
    known = ledger.find("plugins", "rabbitmq")
    if module.check_mode:
        return predict(module, broker, declared, plugins, known)
    exported, more = read(broker, params, plugins)
    if plugins.declared:
        found, running = plugins.converge(known)
        facts = {"url": params["url"], "declared": plugins.declared, "running": running}
        ledger.record("plugins", "rabbitmq", **facts)
        more += found
    changes = definitions.compare(declared, exported)
    broker.refuse_conflicts(changes, exported)
    spare = Pruning(broker, surplus(declared, exported) if params["prune"] else (), exported)
    spare.carry_out(document(declared))
    if changes:
        broker.send(declared, changes)
        exported = broker.read(params["timeout"])
        left = definitions.compare(declared, exported)
        if left:
            version = exported.get("rabbitmq_version", "")
            message = f"RabbitMQ {version} took the definitions and still differs in {left[0]}"
            raise BrokerError(f"{message}: {left[0].before} instead of {left[0].after}")
    digest = record(ledger, params["url"], declared, exported)
    return {**outcome(declared, exported, changes, more, spare), "digest": digest}


def predict(
    module: AnsibleModule, broker: Broker, declared: Fields, plugins: Plugins, known: Fields | None
) -> dict[str, Any]:
    """Return what a run would change; everything on a broker that is not there yet."""
    more: list[str] = []
    try:
        exported = broker.read(0)
        more = plugins.differences(plugins.running(), known) if plugins.declared else []
    except LoginRefused:
        login = f"login of user `{broker.username}`"
        diff = {"before": f"{login}: refused\n", "after": f"{login}: as declared\n"}
        return {"changed": True, "changes": [login], "undeclared": [], "diff": diff}
    except BrokerError:
        exported = {}
    changes = definitions.compare(declared, exported)
    broker.refuse_conflicts(changes, exported)
    spare = Pruning(broker, surplus(declared, exported) if module.params["prune"] else (), exported)
    return outcome(declared, exported, changes, more, spare)


def read(broker: Broker, params: dict[str, Any], plugins: Plugins) -> tuple[Fields, list[str]]:
    """Return the exported definitions, and what had to be done before the API gave them."""
    first = min(params["timeout"], PATIENCE) if plugins.declared else params["timeout"]
    try:
        return broker.read_after_start(first), []
    except LoginRefused:
        # The administrator is new or has another password, which only the node itself can set.
        if not params["document"]:
            raise
        broker.import_document(params["document"])
        return broker.read(params["timeout"]), [f"document `{params['document']}`"]
    except BrokerError:
        # Somebody may have turned the API's own plugin off.
        if not plugins.declared:
            raise
        turned = ["plugins"] if plugins.set()[0] else []
        return broker.read_after_start(params["timeout"]), turned


def outcome(
    declared: Fields, exported: Fields, changes: list[definitions.Change], more: list[str], spare: Pruning
) -> dict[str, Any]:
    """Return the part of the result that check mode and a run have in common."""
    changes = spare.changes + changes
    pruned = [str(change) for change in spare.changes]
    return {
        "changed": bool(changes or more),
        "changes": more + [str(change) for change in changes],
        "undeclared": [one for one in undeclared(definitions.names(declared), exported) if one not in pruned],
        "kept": spare.kept,
        "diff": definitions.diff(changes, more),
    }


def record(ledger: Ledger, url: str, declared: Fields, exported: Fields) -> str:
    """Note in the ledger what the declared objects look like on the broker now; return the digest."""
    names = definitions.names(declared)
    digest = definitions.digest(exported, names)
    ledger.record("definitions", "rabbitmq", url=url, digest=digest, names=names)
    ledger.save()
    return digest


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module)
        for user in (one for one in result["undeclared"] if one.startswith("user ")):
            module.warn(f"the {user} can log in to RabbitMQ, is not declared, and is left alone")
        for one in result.get("kept", ()):
            module.warn(f"nobody declared the {one}: it is kept")
        module.exit_json(**result)
    except BrokerError as error:
        module.fail_json(msg=str(error), hint=error.hint, log=error.log, faults=error.faults)


if __name__ == "__main__":
    main()
