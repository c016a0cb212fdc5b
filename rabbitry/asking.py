"""Asks every host one question by a module of the collection: this machine directly, others by a playbook."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rabbitry import access, ansible, containers, host, secrets
from rabbitry.environment import ROOT, Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import COMPOSE, Host, Stack

COLLECTIONS = ROOT / ".ansible" / "collections"
MODULES = "ansible_collections.rabbitry.stack.plugins.module_utils"
DEADLINE = 20.0

Answers = dict[str, dict[str, Any]]


def everyone(
    environment: Environment, stack: Stack, module: str, playbook: str, roles: Iterable[str]
) -> tuple[Answers, Sequence[Fault]]:
    """Each host's answer by its name, and why the others gave none.

    `module` of module_utils reads {"stack", "secrets", "host"} and writes its answer, both as JSON; on remote
    hosts `playbook` does the same and leaves the answers in a directory of its name in the environment's
    state.
    `roles` are the accounts whose passwords it needs, `app` those of all applications.
    """
    if stack.runs_on == COMPOSE:
        told = containers.tell(environment, stack, logs=module == "evidence")
        return {each.name: _here(environment, each, module, roles, told) for each in stack.hosts}, ()
    if stack.is_local:
        return {each.name: _here(environment, each, module, roles) for each in stack.hosts}, ()
    folder = environment.state / playbook
    for each in stack.hosts:
        (folder / f"{each.name}.json").unlink(missing_ok=True)
    try:
        ansible.run(playbook, environment, all_or_none=False)
        faults: Sequence[Fault] = access.refusals(environment)
    except StackError as error:
        if not any(folder.glob("*.json")):
            raise
        faults = error.faults
    paths = {each.name: folder / f"{each.name}.json" for each in stack.hosts}
    return {
        name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()
    }, faults


def _here(
    environment: Environment,
    where: Host,
    module: str,
    roles: Iterable[str],
    told: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """This machine's answer, by one Python process; the passwords go in by standard input.

    It is root's, unless Docker has `told` already what only root may know.
    """
    document = json.loads(environment.stack.read_text(encoding="utf-8"))
    accounts = document["accounts"] | {f"app/{app['name']}": app["account"] for app in document["apps"]}
    names = {account["secret"] for role, account in accounts.items() if role.partition("/")[0] in roles}
    question: Mapping[str, Any] = {
        "stack": document,
        "secrets": {name: secret for name, secret in secrets.read(environment).items() if name in names},
        "host": where.name,
        **({"told": told} if told else {}),
    }
    # -B: root must not leave files of its own in the user's checkout.
    argv = ["env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-BS", "-m", f"{MODULES}.{module}"]
    answer = host.run(argv, root=not told, stdin=json.dumps(question), timeout=DEADLINE)
    if answer.code:
        raise StackError(
            f"the services of {where.name} could not be asked",
            f"./inv up{environment.option}",
            answer.lines[-15:],
        )
    found: dict[str, Any] = json.loads(answer.output)
    return found
