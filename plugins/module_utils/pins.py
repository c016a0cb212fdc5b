"""A package as somebody asks for it: `name`, or `name=version` with as much of the version as matters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def split(pin: str) -> tuple[str, str]:
    """The name and the wanted version, "" when any will do."""
    name, _, wanted = pin.partition("=")
    return name, wanted


def matches(version: str, wanted: str) -> bool:
    """Whether a package's version is the wanted one, which may leave out the epoch and its last parts.

    "27.3.4" is met by "1:27.3.4.6-1", "4.0.5-1" by nothing but 4.0.5-1.
    """
    plain = version if ":" in wanted else version.rpartition(":")[2]
    return plain == wanted or ("-" not in wanted and bool(re.match(re.escape(wanted) + r"[-+~.]", plain)))


def met(pin: str, installed: Mapping[str, str]) -> bool:
    """Whether what is asked for is installed."""
    name, wanted = split(pin)
    return name in installed and (not wanted or matches(installed[name], wanted))


def missing(pins: Iterable[str], installed: Mapping[str, str]) -> list[str]:
    """What is asked for and not installed."""
    return [pin for pin in pins if not met(pin, installed)]


def merge(pins: Iterable[str]) -> list[str]:
    """Each package once; a name that stands there with a version too is asked for with it."""
    asked = list(dict.fromkeys(pins))
    versioned = {split(pin)[0] for pin in asked if "=" in pin}
    return [pin for pin in asked if "=" in pin or pin not in versioned]
