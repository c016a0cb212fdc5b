"""What `retire` did with each thing, or would do: removed, restored or kept, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BEFORE = "was there before Rabbitry"


@dataclass
class Verdict:
    """Lists of {"kind", "name"}, in the order of the doing; `kept` has "why" too."""

    removed: list[dict[str, str]] = field(default_factory=list)
    restored: list[dict[str, str]] = field(default_factory=list)
    kept: list[dict[str, str]] = field(default_factory=list)

    def remove(self, entry: Mapping[str, Any]) -> None:
        """Note that the thing goes."""
        self.removed.append({"kind": entry["kind"], "name": entry["name"]})

    def restore(self, entry: Mapping[str, Any]) -> None:
        """Note that the thing is what it was before Rabbitry."""
        self.restored.append({"kind": entry["kind"], "name": entry["name"]})

    def keep(self, entry: Mapping[str, Any], why: str) -> None:
        """Note that the thing stays."""
        self.kept.append({"kind": entry["kind"], "name": entry["name"], "why": why})

    def keeps(self, kind: str, name: str) -> bool:
        """Whether that thing stays."""
        return any(one["kind"] == kind and one["name"] == name for one in self.kept)
