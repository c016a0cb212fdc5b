"""What a failed package transaction says, whichever manager ran it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

Hints = Iterable[tuple[re.Pattern[str], str]]


class PackageError(Exception):
    """A package transaction failed; `log` holds its last lines, `hint` a command that can be pasted."""

    def __init__(self, message: str, hint: str = "", log: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log = list(log)


def tail(text: str, lines: int = 30) -> list[str]:
    """The last lines of a log that say something."""
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


def quoted(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(f"`{name}`" for name in names)


def failure(message: str, said: str, cause: Callable[[str], str], hints: Hints) -> PackageError:
    """The error for a command that failed, with the cause in its own words and one hint.

    `cause` gives what a line complains of, "" when it does not complain.
    """
    errors = [words for line in said.splitlines() if (words := cause(line))] or tail(said, 1)
    hint = next((found.expand(text) for pattern, text in hints if (found := pattern.search(said))), "")
    return PackageError(f"{message}: {errors[0]}" if errors else message, hint, tail(said))
