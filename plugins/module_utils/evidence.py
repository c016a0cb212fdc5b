"""Everything that tells why a host's services do not work, in one process that changes nothing.

Each section is collected on its own and side by side: one that fails or hangs is told as such, and the
others stay. Nothing that leaves has a secret in it.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    evidence_app,
    evidence_broker,
    evidence_logs,
    evidence_processes,
    evidence_redis,
    evidence_system,
    masking,
    probe,
    pulse,
    verification,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

SCHEMA = 2
# Seconds after which a section counts as silent; every probe in them has a shorter one of its own.
DEADLINE = 15.0
# Of the services' states, and seconds between two.
LOOKS, PAUSE = 4, 0.25


def _facts(question: Question) -> dict[str, Any]:
    username, password = question.login("admin")
    return probe.collect(
        {
            "servers": ["rabbitmq", "redis"],
            "username": username,
            "password": password,
            "redis_password": question.login("redis")[1],
        }
    )


def _pulse(question: Question) -> dict[str, Any]:
    """While systemd tries a unit again it does not know for an instant why it failed: then look again."""
    for _ in range(LOOKS):
        found = pulse.services(question.services)
        if not any(_is_tried_again(one) for one in found.values()):
            break
        time.sleep(PAUSE)
    return {"services": found}


def _is_tried_again(service: Mapping[str, Any]) -> bool:
    return bool(service["state"] == "starting" and service["restarts"] and not service["reason"])


Sections = Mapping[str, Callable[[Question], Any]]
SECTIONS: Sections = {
    "facts": _facts,
    "pulse": _pulse,
    "logs": evidence_logs.collect,
    "processes": evidence_processes.collect,
    "system": evidence_system.collect,
    "rabbitmq": evidence_broker.collect,
    "redis": evidence_redis.collect,
    "app": evidence_app.collect,
}


def _content(question: Question) -> dict[str, Any]:
    """How the servers' content differs from what the last run left there."""
    username, password = question.login("admin")
    login = {"username": username, "password": password}
    found = verification.verify(Path(question.told["ledgers"]), login, question.login("redis")[1])
    return {"drift": found["drift"]}


# Of a stack in containers: what its servers answer to anybody, and what Docker has told.
CONTAINED: Sections = {
    "facts": _content,
    "pulse": lambda question: {"services": question.told["services"]},
    "logs": lambda question: {
        name: evidence_logs.telling(lines) for name, lines in question.told["logs"].items()
    },
    "processes": lambda question: question.told["processes"],
    "system": evidence_system.collect,
    "rabbitmq": evidence_broker.collect,
    "redis": evidence_redis.collect,
    "app": evidence_app.collect,
}


def collect(question: Question, sections: Sections | None = None) -> dict[str, Any]:
    """Return {"schema", "host", "time", "seconds", "sections": {name: answer}, "faults": {name: sentence}}.

    A section's name is in either of the last two. No secret is in it.
    """
    sections = sections or (CONTAINED if question.told else SECTIONS)
    started = time.monotonic()
    answers: queue.Queue[tuple[str, Any, str]] = queue.Queue()

    def ask(name: str) -> None:
        try:
            answers.put((name, sections[name](question), ""))
        except Exception as error:  # whatever it is, it is told and the other sections stay
            answers.put((name, None, f"{type(error).__name__}: {error}"))

    for name in sections:
        # Not waited for at the end of the process, whatever it hangs on.
        threading.Thread(target=ask, args=(name,), daemon=True).start()
    found: dict[str, Any] = {}
    faults = dict.fromkeys(sections, f"took longer than {DEADLINE:g} s")
    while len(found) < len(sections) and (left := started + DEADLINE - time.monotonic()) > 0:
        try:
            name, answer, fault = answers.get(timeout=left)
        except queue.Empty:
            break
        found[name] = answer
        faults |= {name: fault}
    faults = {name: fault for name, fault in faults.items() if fault}
    document = {
        "schema": SCHEMA,
        "host": question.host,
        "time": time.time(),
        "seconds": round(time.monotonic() - started, 3),
        "sections": {name: answer for name, answer in found.items() if name not in faults},
        "faults": faults,
    }
    secrets = [*question.secrets.values(), *evidence_app.private(question)]
    masked: dict[str, Any] = masking.masked(document, secrets)
    return masked


def main() -> None:
    """Read {"stack", "secrets", "host"} as JSON from standard input, write the evidence as JSON."""
    asked = json.load(sys.stdin)
    json.dump(collect(Question(**asked)), sys.stdout)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
