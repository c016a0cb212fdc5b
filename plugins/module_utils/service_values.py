"""Reads single values of a service's description, and refuses wrong ones by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class InvalidService(ValueError):
    """A description that is wrong, or that a supervisor cannot carry; `hint` says the way out."""

    def __init__(self, name: str, problem: str, hint: str = "") -> None:
        super().__init__(f"service `{name}`: {problem}")
        self.hint = hint


def mapping(name: str, key: str, value: Any) -> Mapping[str, Any]:
    """A dictionary."""
    if not isinstance(value, Mapping):
        raise InvalidService(name, f"`{key}` must be a dictionary, not {value!r}")
    return value


def words(name: str, key: str, value: Any) -> tuple[str, ...]:
    """A list of texts; a text is refused, with the list that it may have meant."""
    if isinstance(value, str):
        raise InvalidService(name, f"`{key}` must be a list, not {value!r}", f"{key}: {value.split()!r}")
    if not isinstance(value, Sequence):
        raise InvalidService(name, f"`{key}` must be a list, not {value!r}", f"{key}: [{value!r}]")
    return tuple(text(name, key, word) for word in value)


def text(name: str, key: str, value: Any) -> str:
    """A text or a number; what YAML made a boolean of is refused because its spelling is lost."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidService(name, f"`{key}` must be a text, not {value!r}", f'{key}: "{value}"')
    if "\0" in str(value):
        raise InvalidService(name, f"`{key}` contains a NUL character")
    return str(value)


def number(name: str, key: str, value: Any) -> float | int:
    """A number that is not negative, also written as a text."""
    try:
        read = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        read = -1.0
    if not 0 <= read < 1e9:
        raise InvalidService(name, f"`{key}` must be a number that is not negative, not {value!r}")
    return int(read) if read == int(read) else read
