"""The verb `status`: asks every host for its pulse and shows what runs and who consumes what."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rabbitry import access, ansible, host, report, secrets
from rabbitry.describe import current
from rabbitry.environment import ROOT, Environment
from rabbitry.errors import Fault, StackError
from rabbitry.listing import tables
from rabbitry.model import Host, Stack
from rabbitry.overview import Overview

COLLECTIONS = ROOT / ".ansible" / "collections"
PULSE = "ansible_collections.rabbitry.stack.plugins.module_utils.pulse"
USED = ("monitor", "redis")
DEADLINE = 20.0


def status(environment: Environment, as_json: bool = False) -> int:
    """Print how the stack is; 0 when all that was declared runs and consumes, otherwise 1."""
    stack = current(environment)
    overview = Overview(stack, pulses(environment, stack), environment.option)
    faults = overview.faults()
    if as_json:
        report.line(json.dumps(overview.document(), indent=2))
        return 1 if faults else 0
    for number, (head, rows) in enumerate(tables(overview, time.time())):
        if number:
            report.line()
        report.table(rows, head)
    for fault in faults:
        report.note("\n" + report.block(fault))
    return 1 if faults else 0


def pulses(environment: Environment, stack: Stack) -> dict[str, dict[str, Any]]:
    """The pulse of each host by its name: of this machine directly, of others by one playbook run."""
    if stack.is_local:
        passwords = secrets.read(environment)
        return {each.name: _here(environment, each, passwords) for each in stack.hosts}
    folder = environment.state / "status"
    for each in stack.hosts:
        (folder / f"{each.name}.json").unlink(missing_ok=True)
    try:
        ansible.run("status", environment, all_or_none=False)
        faults: Sequence[Fault] = access.refusals(environment)
    except StackError as error:
        if not any(folder.glob("*.json")):
            raise
        faults = error.faults
    # A host that cannot be asked is shown as such beside those that can.
    for fault in faults:
        report.note(report.block(fault) + "\n")
    paths = {each.name: folder / f"{each.name}.json" for each in stack.hosts}
    return {
        name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()
    }


def _here(environment: Environment, where: Host, passwords: Mapping[str, str]) -> dict[str, Any]:
    """The pulse of this machine, by one Python process as root; the passwords go in by standard input."""
    document = json.loads(environment.stack.read_text(encoding="utf-8"))
    names = {document["accounts"][role]["secret"] for role in USED}
    question = {
        "stack": document,
        "secrets": {name: secret for name, secret in passwords.items() if name in names},
        "host": where.name,
    }
    # -B: root must not leave files of its own in the user's checkout.
    argv = ["env", f"PYTHONPATH={COLLECTIONS}", sys.executable, "-BS", "-m", PULSE]
    answer = host.run(argv, root=True, stdin=json.dumps(question), timeout=DEADLINE)
    if answer.code:
        raise StackError(
            f"the services of {where.name} could not be asked",
            f"./inv up{environment.option}",
            answer.lines[-15:],
        )
    pulse: dict[str, Any] = json.loads(answer.output)
    return pulse
