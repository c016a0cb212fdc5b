"""What services said lately: since their present process began, or at the end when none runs."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import supervisor
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import tail

# How many lines are looked through, and how many of those that tell something are kept.
WINDOW, LINES = 1000, 120
# What healthy services print for each task and each connection.
ROUTINE = re.compile(
    r"Task \S+\[\S+\] (?:received|succeeded in)"
    r"|(?:accepting|closing) AMQP connection|authenticated and granted access|has a client-provided name"
    r"|\] 200 (?:GET|POST) "
)
# Its start script says why it could not start in files of its own (Debian's unit, Homebrew's plist).
BOOT_LOGS = {
    "rabbitmq-server": (
        "/var/log/rabbitmq/rabbitmq-server.error.log",
        "/var/log/rabbitmq/rabbitmq-server.log",
    )
}
RECENT = 3600.0
# A process writes its first lines before its supervisor counts it as started.
SLACK = 2.0
TIMES = (
    # RabbitMQ, Celery and the journal's short-iso; the zone is this machine's where none is given
    (
        re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d+)?([+-]\d\d:?\d\d|Z)?"),
        "%Y-%m-%d %H:%M:%S",
    ),
    # Redis
    (re.compile(r"(\d\d \w{3} \d{4}) (\d\d:\d\d:\d\d)\.\d+()"), "%d %b %Y %H:%M:%S"),
    # Flower
    (re.compile(r"\[\w (\d{6}) (\d\d:\d\d:\d\d)()"), "%y%m%d %H:%M:%S"),
)


def collect(question: Question) -> dict[str, list[str]]:
    """Return the last lines of each service's log by its name, at most 120, oldest first, without routine.

    Of a service that runs only what came since its process began and within the last hour: what was mended,
    or happened once, is no evidence.
    """
    states = supervisor.states(question.services, question.ledgers)
    found = {}
    for name in question.services:
        lines = supervisor.logs(name, WINDOW, question.ledgers)
        lines += [line for path in BOOT_LOGS.get(name, ()) for line in tail(path, LINES // 2)]
        state = states[name]
        if state["running"]:
            lines = since(lines, max(state["since"] - SLACK, time.time() - RECENT))
        found[name] = telling(lines)
    return found


def telling(lines: list[str]) -> list[str]:
    """Return the last lines but those of each task and connection, so that a trouble stays in view."""
    return [line for line in lines if not ROUTINE.search(line)][-LINES:]


def since(lines: list[str], moment: float) -> list[str]:
    """Return the lines from `moment` on, seconds since 1970; one without a time belongs to that before it."""
    kept, current = [], False
    for line in lines:
        stamp = time_of(line)
        current = current if stamp is None else stamp >= moment
        if current:
            kept.append(line)
    return kept


def time_of(line: str) -> float | None:
    """Return the time at which a line was written, None when it does not say."""
    for pattern, form in TIMES:
        if found := pattern.search(line[:60]):
            day, clock, zone = found.groups()
            try:
                moment = datetime.strptime(f"{day} {clock}", form)
            except ValueError:
                return None
            return (moment.replace(tzinfo=_zone(zone)) if zone else moment).timestamp()
    return None


def _zone(text: str) -> Any:
    return datetime.strptime(text.replace("Z", "+0000"), "%z").tzinfo
