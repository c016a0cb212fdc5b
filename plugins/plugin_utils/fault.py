"""One thing that is wrong and how to put it right."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong in one sentence (thing, value, host) and a line to paste that cures it."""

    message: str
    hint: str

    def as_dict(self) -> dict[str, str]:
        """The shape that results and events carry: {message, hint}."""
        return asdict(self)
