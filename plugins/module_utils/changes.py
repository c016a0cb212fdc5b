"""Collect what one call of a module changes, and do it unless only asked what would change."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

# Somebody may have written a password into a file that holds none when it is as declared.
SECRET_LINE = re.compile(r"^(\s*(?:user\s+\S+|\S*auth|\S*pass(?:word)?)[ \t=:]).*$", re.I | re.M)


@dataclass(kw_only=True)
class Changes:
    """`names` is what differed, `diff` shows how, in Ansible's shape; with check=True nothing is done."""

    check: bool = False
    names: list[str] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)

    def make(self, name: str, before: str, after: str, act: Callable[[], object]) -> None:
        """Note that `name` goes from `before` to `after`, and call `act` for it."""
        if name not in self.names:
            self.names.append(name)
        texts = {"before": without_secrets(before), "after": without_secrets(after)}
        self.diff.append({"before_header": name, "after_header": name, **texts})
        if not self.check:
            act()


def without_secrets(text: str) -> str:
    """The text without the values on lines that look like a password's."""
    return SECRET_LINE.sub(r"\1(secret, not shown)", text)
