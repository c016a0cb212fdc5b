"""The verb `status`: asks every host for its pulse and shows what runs and who consumes what."""

from __future__ import annotations

import json
import time
from typing import Any

from rabbitry import asking, report
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.listing import tables
from rabbitry.model import Stack
from rabbitry.overview import Overview

USED = ("monitor", "redis")


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
    """The pulse of each host by its name; a host that cannot be asked is told beside those that can."""
    answers, faults = asking.everyone(environment, stack, "pulse", "status", USED)
    for fault in faults:
        report.note(report.block(fault) + "\n")
    return answers
