"""One thing that is wrong and how to put it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """What is wrong in one sentence (thing, value, host) and a line to paste that cures it."""

    message: str
    hint: str

    def as_dict(self) -> dict[str, str]:
        """The shape that results and events carry: {message, hint}."""
        return asdict(self)


def refusal(faults: Sequence[Fault]) -> dict[str, Any]:
    """The failed result of an action that carries every fault; the first is its message."""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return {
        "failed": True,
        "msg": faults[0].message + more,
        "hint": faults[0].hint,
        "faults": [fault.as_dict() for fault in faults],
    }
