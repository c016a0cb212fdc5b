"""Takes passwords out of whatever leaves a host: the known ones, and those in URLs and on command lines."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

MASK = "***"
# Shorter ones are parts of ordinary words; RabbitMQ's `guest` is no secret, and its name is evidence.
SHORTEST = 4
# Nor is a word that the stack prints everywhere: to hide it would hide what the evidence says.
KNOWN = {"guest", "admin", "celery", "redis", "rabbitmq", "flower", "beat", "worker", "server", MASK}
URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^\s:/@'\"]*):(?P<password>\S+)@", re.I)
OPTION = re.compile(
    # Redis' -a takes a password; Celery's -A names the application.
    r"(?P<name>(?:(?<!\w)--?(?:requirepass|basic[-_]auth|pass|setcookie|(?-i:a))|requirepass|masterauth)[= ]+"
    r"|\b[\w-]*(?:password|passwd|secret|token|api[-_]?key)['\"]?(?:\s*[=:]\s*|(?<=--password)\s))"
    r"(?:'[^']*'|\"[^\"]*\"|\S+)",
    re.I,
)
# A URL whose password ends too early: Python names a part of the password as the port that it is not.
PORT = re.compile(
    r"(?P<name>Port could not be cast to integer value as |with base 10: )(?P<quote>['\"]).*(?P=quote)"
)


def masked(value: Any, secrets: Iterable[str]) -> Any:
    """Return `value` (what JSON holds) with every secret in its texts, also quoted or encoded, as `***`."""
    forms = {
        form
        for secret in secrets
        if len(secret) >= SHORTEST and secret not in KNOWN
        for form in _forms(secret)
    }
    # The longest first: one secret may begin like another.
    ordered = sorted(forms, key=len, reverse=True)
    return _walk(value, re.compile("|".join(map(re.escape, ordered))) if ordered else None)


def _forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    }


def _walk(value: Any, known: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        text = known.sub(MASK, value) if known else value
        text = URL.sub(lambda found: _keep(found), text)
        text = PORT.sub(lambda found: f"{found['name']}'{MASK}'", text)
        return OPTION.sub(lambda found: found["name"] + MASK, text)
    if isinstance(value, dict):
        # Names of sections, services and settings are our own.
        return {name: _walk(item, known) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(item, known) for item in value]
    return value


def _keep(found: re.Match[str]) -> str:
    password = found["password"] if found["password"] in KNOWN | {"**"} else MASK
    return f"{found['scheme']}:{password}@"
