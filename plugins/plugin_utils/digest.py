"""One line of checksums over everything that decides what a host becomes, so that a change can be named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LENGTH = 32
# Where the controller has its own files, the way from one password to the next, and the way that packages
# take: no host becomes another.
UNDECIDING = {
    "stack_state_dir",
    "redis_former_password",
    "rabbitmq_aside",
    "rabbitmq_newer_packages",
    "rabbitmq_drain_timeout",
    "rabbitmq_restored_export",
    "celery_app_cache",
    "stack_app_index",
    "celery_app_index",
}
PARTS = {
    "variables": "the variables",
    "code": "the roles and plugins",
    "application": "the application's source",
    "system": "the host's system",
    "inventory": "the host's groups and peers",
}


def checksum(value: Any) -> str:
    """A short SHA-256 over a value that JSON can carry; the order of keys does not count."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def compose(parts: Mapping[str, Any]) -> str:
    """The digest of named parts, "code=… inventory=…"; ValueError for a part that PARTS does not name.

    What there are several of has its own name behind a colon: "application:shop=…".
    """
    strange = {name for name in parts if _kind(name) not in PARTS}
    if strange:
        raise ValueError(f"unknown parts of the digest: {sorted(strange)}")
    return " ".join(f"{name}={checksum(parts[name])}" for name in sorted(parts))


def differences(old: str, new: str) -> list[str]:
    """Which parts of two digests differ, a sentence each; empty when they are equal."""
    if old == new:
        return []
    before, after = parts_of(old), parts_of(new)
    names = [*after, *(name for name in before if name not in after)]
    changed = {_kind(name) for name in names if before.get(name) != after.get(name)}
    return [f"{text} changed since the last run" for name, text in PARTS.items() if name in changed] or [
        "the last run was of another kind"
    ]


def only(old: str, new: str, part: str) -> str:
    """The digest `old` with this one part as it is in `new`."""
    taken = {name: value for name, value in parts_of(new).items() if name == part}
    return " ".join(f"{name}={value}" for name, value in sorted((parts_of(old) | taken).items()))


def parts_of(text: str) -> dict[str, str]:
    """The checksums of a digest by the names of their parts."""
    return dict(pair.split("=", 1) for pair in text.split() if "=" in pair)


def _kind(name: str) -> str:
    return name.partition(":")[0]
