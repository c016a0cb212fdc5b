"""Environment files that systemd's EnvironmentFile= and a shell's `.` read alike, whatever is in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What both readers unescape within double quotes; neither expands anything else there.
ESCAPED = re.compile(r'(["\\`$])')

# Variables whose values are secrets by their names, and the password in a URL.
PRIVATE = re.compile(r"PASS|SECRET|TOKEN|KEY|DSN|CREDENTIAL", re.I)
PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^\s:/@]*:(?P<password>\S+)@", re.I)


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


def secrets_in(path: str) -> list[str]:
    """The secrets of a file that `environment_file` wrote: values named so, and passwords of URLs.

    Empty for a file that is not there or cannot be read.
    """
    try:
        words = [word.partition("=") for word in shlex.split(Path(path).read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []
    values = [(name, re.sub(r"\\([$`])", r"\1", value)) for name, _, value in words]
    # Sentinels have a URL each, in one value.
    single = [part for _, value in values for part in re.split(r";(?=[a-z]+://)", value)]
    urls = list(dict.fromkeys(found["password"] for part in single if (found := PASSWORD.search(part))))
    return [value for name, value in values if PRIVATE.search(name)] + urls + [unquote(url) for url in urls]
