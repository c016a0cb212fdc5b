"""The pinned sets of Celery packages, and which versions of Celery, kombu and redis-py work together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

# The leading packages of each set, and the type of its queues; all of it is pinned in
# roles/celery_app/files/locks/<set>.txt. Which broker a set works with is in compatibility.py.
SETS: dict[str, dict[str, str]] = {
    "5.7": {"celery": "5.7.0", "kombu": "5.7.0", "redis": "8.1.0", "queue_type": "quorum"},
    "5.6": {"celery": "5.6.2", "kombu": "5.6.2", "redis": "6.4.0", "queue_type": "classic"},
}

LEADING = ("celery", "kombu", "redis")


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


def judge(pins: Mapping[str, str], celery_set: str, origin: str, variable: str) -> Fault | None:
    """Why packages pinned in the file `origin` do not work with a set; None when they do.

    What they leave open is the set's. Versions that were not tried and are not known to fail are let through;
    `variable` is what the choice of the set is called.
    """
    known = SETS.get(celery_set)
    own = {name: version for name, version in pins.items() if name in LEADING}
    if known is None or not own:
        return None
    listed = ", ".join(f"{name} {version}" for name, version in sorted(own.items()))
    message = f"`{origin}` pins {listed}, which does not go with set {celery_set}"
    series = numbers(own.get("celery", ""))[:2]
    other = next((name for name in SETS if numbers(name) == series), "")
    if other and other != celery_set:
        others = f'write `{variable}: "{other}"` and `stack_queue_type: {SETS[other]["queue_type"]}`'
        return Fault(f"{message}: its settings are not for Celery {own['celery']}", others)
    reason = refusal({**known, **own})
    if not reason and series and series < numbers(celery_set):
        reason = f"Celery {own['celery']} was not tried here"
    if not reason:
        return None
    wanted = " ".join(f"{name}=={known[name]}" for name in sorted(own))
    return Fault(f"{message}: {reason}", f"pin {wanted} in `{origin}`")


def leading(text: str, pins: Mapping[str, str]) -> str:
    """The packages that a set is asked for (its .in file), in the versions that an application pins."""

    def line(one: str) -> str:
        found = re.match(r"([a-z-]+)(\[[a-z]+\])?", one)
        version = pins.get(found[1]) if found else None
        return f"{found[0]}=={version}" if found and version else one

    return "".join(f"{line(one)}\n" for one in text.splitlines() if one and not one.startswith("#"))


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: "5.7.0rc1" is (5, 7, 0), "" is ()."""
    return tuple(int(part) for part in re.findall(r"\d+", (re.match(r"[\d.]*", version) or [""])[0]))
