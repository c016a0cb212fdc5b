"""Collect what one call of a module changes, and do it unless only asked what would change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


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
        self.diff.append({"before_header": name, "after_header": name, "before": before, "after": after})
        if not self.check:
            act()
