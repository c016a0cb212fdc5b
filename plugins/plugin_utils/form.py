"""The forms that names, addresses and sizes must have, each with the words that describe it."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?", re.IGNORECASE)
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")


@dataclass(frozen=True)
class Form:
    """What a value must look like: the description continues "must be …"."""

    description: str
    accepts: Callable[[Any], bool]


def pattern(expression: str) -> Callable[[Any], bool]:
    """Accepts a text that matches the whole expression."""
    compiled = re.compile(expression)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def printable(value: Any, longest: int = 255) -> bool:
    """Any characters but control characters, at most so many bytes (AMQP's short string)."""
    return isinstance(value, str) and len(value.encode()) <= longest and value.isprintable()


def size(value: Any) -> int:
    """Bytes of a size such as "200MB" or "1.5GiB"; ValueError when it is none. B alone counts bytes."""
    found = SIZE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"`{value}` is no size")
    return int(float(found.group(1)) * UNITS[(found.group(2) or "").lower()])


def is_size(value: Any) -> bool:
    """Whether a value is a size."""
    return SIZE.fullmatch(str(value).strip()) is not None


def is_watermark(value: Any) -> bool:
    """A share of the memory between 0 and 1, or a size with its unit."""
    try:
        return 0 < float(value) <= 1
    except ValueError:
        return is_size(value)


def is_regex(value: Any) -> bool:
    """A regular expression; RabbitMQ's Erlang and Python understand the same ones but for rare corners."""
    try:
        re.compile(str(value))
    except re.error:
        return False
    return isinstance(value, str)


def is_command(value: Any) -> bool:
    """Words without NUL bytes, as a list or as a text that a shell could take apart."""
    try:
        words = shlex.split(value) if isinstance(value, str) else list(value)
    except (TypeError, ValueError):
        return False
    scalar = all(isinstance(word, str | int | float) and "\0" not in str(word) for word in words)
    return bool(words) and bool(str(words[0])) and scalar and not isinstance(value, Mapping)


def is_address(value: Any) -> bool:
    """An IP address or a host name."""
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return HOST_NAME.fullmatch(str(value)) is not None
    return True


FORMS = {
    "broker name": Form("1 to 255 bytes without control characters", printable),
    "login": Form(
        "1 to 255 bytes without control characters and `:`, which ends the name in HTTP logins",
        lambda value: printable(value) and ":" not in value,
    ),
    "cookie": Form("letters and digits, at most 255 characters", pattern(r"[A-Za-z0-9]{1,255}")),
    "password": Form("without control characters, at most 512 bytes", lambda value: printable(value, 512)),
    "queue": Form(
        "letters, digits, `.`, `_` or `-`, at most 200, beginning neither with `amq.` nor `celery_delayed_`",
        pattern(r"(?!amq\.|celery_delayed_)[A-Za-z0-9_][A-Za-z0-9._-]{0,199}"),
    ),
    "slug": Form(
        "lower-case letters, digits, `-` or `_`, at most 40",
        pattern(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?"),
    ),
    "application": Form(
        "lower-case letters, digits, `-` or `_`, a letter first, at most 24",
        pattern(r"[a-z](?:[a-z0-9_-]{0,22}[a-z0-9])?"),
    ),
    "environment": Form("letters, digits, `.`, `_` or `-`", pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")),
    "module": Form(
        "a dotted Python module, with `:` and the application's name when that is not `app`",
        pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?"),
    ),
    "module name": Form(
        "a dotted Python module such as `shop.settings`", pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
    ),
    "command": Form("a list of words, or a text whose quotes are closed; not empty", is_command),
    "autoscale": Form("two numbers such as `8,2`, the most first", pattern(r"\d+\s*,\s*\d+")),
    "address": Form("an IP address or a host name", is_address),
    "absolute path": Form("an absolute path", pattern(r"/[^\0\n]*")),
    "version": Form(
        "a version such as `4.2.10` or `1:27.3.4.6-1`, quoted", pattern(r"(?:\d+:)?\d[A-Za-z0-9.+~-]*")
    ),
    "interpreter": Form("a whole path, or a version such as `3.12`, quoted", pattern(r"/[^\0\n]*|3\.\d+")),
    "index": Form("the address of a package index", pattern(r"(?:https?|file)://\S+")),
    "regex": Form("a regular expression", is_regex),
    "size": Form("a size such as `200MB` or `1GiB`", is_size),
    "watermark": Form("a share of the memory from 0 to 1, or a size such as `1GB`", is_watermark),
}
