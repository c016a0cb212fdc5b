"""Gets the evidence of every host, from the hosts or from a file, and writes it into one."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rabbitry import asking
from rabbitry.describe import current
from rabbitry.doctor.evidence import SCHEMA, Evidence
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.model import Stack

ROLES = ("app", "admin", "monitor", "redis", "flower")


@dataclass(frozen=True)
class Seen:
    """What is known: the stack, the evidence of hosts, and why others gave none."""

    stack: Stack
    evidence: Sequence[Evidence]
    unreachable: Sequence[Fault]
    document: dict[str, Any]
    """All of it as `--save` writes it: {"schema", "stack", "evidence": [document of a host]}."""


def look(environment: Environment) -> Seen:
    """Collect the evidence of every host of the environment, without changing any."""
    stack = current(environment)
    answers, faults = asking.everyone(environment, stack, "evidence", "evidence", ROLES)
    document = {
        "schema": SCHEMA,
        "stack": json.loads(environment.stack.read_text(encoding="utf-8")),
        "evidence": list(answers.values()),
    }
    return Seen(stack, [Evidence.from_data(one) for one in answers.values()], faults, document)


def read(path: Path) -> Seen:
    """Read what `write` wrote, perhaps on another machine; StackError when it is something else."""
    hint = f"./inv doctor --save {path}"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("schema") != SCHEMA:
            raise ValueError(f"schema {document.get('schema')!r} instead of {SCHEMA}")
        stack = Stack.from_data(document["stack"])
        evidence = [Evidence.from_data(one) for one in document["evidence"]]
    except FileNotFoundError as error:
        raise StackError(f"`{path}` is not there", hint) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StackError(f"`{path}` is no evidence that can be judged: {error}", hint) from error
    return Seen(stack, evidence, (), document)


def write(seen: Seen, path: Path) -> None:
    """Write the evidence into a file that only its owner may read; there are no passwords in it."""
    text = json.dumps(seen.document, indent=1)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(descriptor, 0o600)
            stream.write(text)
    except OSError as error:
        raise StackError(f"`{path}` cannot be written: {error.strerror}", "./inv doctor --json") from error
