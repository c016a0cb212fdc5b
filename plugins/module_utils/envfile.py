"""Environment files that systemd's EnvironmentFile= and a shell's `.` read alike, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What both readers unescape within double quotes; neither expands anything else there.
ESCAPED = re.compile(r'(["\\`$])')


def environment_file(variables: Mapping[str, object]) -> str:
    r"""Return `NAME="value"` lines in the order of `variables`.

    Every value is quoted: `a"b$c` becomes `"a\"b\$c"`; a newline stays one. Raises ValueError naming the
    variable for a name that a shell cannot hold and for a value with a NUL byte.
    """
    return "".join(f"{_checked(name)}={_quoted(name, str(value))}\n" for name, value in variables.items())


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"`{name}` is no name of an environment variable: letters, digits and _ only")
    return name


def _quoted(name: str, value: str) -> str:
    if "\0" in value:
        raise ValueError(f"environment variable `{name}` holds a NUL byte")
    escaped = ESCAPED.sub(r"\\\1", value)
    return f'"{escaped}"'
