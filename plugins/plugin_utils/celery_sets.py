"""The pinned sets of Celery packages, and which versions of Celery, kombu and redis-py work together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# The leading packages of each set, and the type of its queues; all of it is pinned in
# roles/celery_app/files/locks/<set>.txt. Which broker a set works with is in compatibility.py.
SETS: dict[str, dict[str, str]] = {
    "5.7": {"celery": "5.7.0", "kombu": "5.7.0", "redis": "8.1.0", "queue_type": "quorum"},
    "5.6": {"celery": "5.6.2", "kombu": "5.6.2", "redis": "6.4.0", "queue_type": "classic"},
}

PIN = re.compile(r"\s*(celery|kombu|redis)\s*(?:\[[^]]*\])?\s*===?\s*([0-9][0-9.]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """Versions that do not work together, and what happens then; a version is () when it is not known."""

    met: Callable[[tuple[int, ...], tuple[int, ...], tuple[int, ...]], bool]
    reason: str


RULES = (
    Rule(
        lambda celery, kombu, redis: () < celery < (5, 6),
        "Celery before 5.6 was not tried here",
    ),
    Rule(
        lambda celery, kombu, redis: celery >= (5, 7) and () < kombu < (5, 7),
        "Celery 5.7 does not run with a kombu before 5.7",
    ),
    Rule(
        lambda celery, kombu, redis: () < celery < (5, 7) and kombu >= (5, 7),
        "with kombu 5.7, Celery 5.6 stalls on RabbitMQ 4: plain tasks wait behind countdown tasks",
    ),
    Rule(
        lambda celery, kombu, redis: () < kombu < (5, 7) and redis >= (6, 5),
        "kombu 5.6 does not run with redis-py 6.5 or later",
    ),
    Rule(
        lambda celery, kombu, redis: kombu >= (5, 7) and () < redis < (6, 4),
        "kombu 5.7 does not run with a redis-py before 6.4",
    ),
)


def versions_of(celery_set: str) -> dict[str, str]:
    """Return {"celery", "kombu", "redis", "queue_type"} of a set; ValueError when there is none."""
    if celery_set not in SETS:
        raise ValueError(f"celery set `{celery_set}` is not one of {', '.join(SETS)}")
    return SETS[celery_set]


def refusal(versions: Mapping[str, str]) -> str:
    """Return why these "celery", "kombu" and "redis" would fail or stall together; "" if they work."""
    celery, kombu, redis = (numbers(versions.get(name, "")) for name in ("celery", "kombu", "redis"))
    return next((rule.reason for rule in RULES if rule.met(celery, kombu, redis)), "")


def celery_requirements(text: str, celery_set: str) -> str:
    """Return the requirements file `text` as it is, unless it pins a package of the set to another version.

    Raises ValueError naming the line, what the set has, and what would happen.
    """
    known = versions_of(celery_set)
    for line in text.splitlines():
        pin = PIN.match(line)
        if pin is None:
            continue
        name, wanted = pin.group(1).lower(), pin.group(2)
        if numbers(wanted) != numbers(known[name]):
            reason = refusal({**known, name: wanted}) or "this combination was not tried here"
            raise ValueError(
                f"`{line.strip()}` does not go with set {celery_set} ({name} {known[name]}): {reason}"
            )
    return text


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: "5.7.0rc1" is (5, 7, 0), "" is ()."""
    return tuple(int(part) for part in re.findall(r"\d+", (re.match(r"[\d.]*", version) or [""])[0]))
