"""What a probe says: a promise that was kept, or the one cause why it was not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


class Broken(Exception):
    """A promise that does not hold: one sentence, the service that is to blame and a command that helps."""

    def __init__(self, cause: str, *, service: str = "", hint: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.service = service
        self.hint = hint or (f"./inv logs {service}" if service else "")


class Alarm(Broken):
    """The broker's own alarm: it blocks every publisher, so nothing that publishes is worth a try."""


class Unreachable(Broken):
    """Nobody answers at an `address` (host:port): what needs it is not worth a try."""

    def __init__(self, cause: str, *, address: str, service: str = "", hint: str = "") -> None:
        super().__init__(cause, service=service, hint=hint)
        self.address = address


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One line of smoke or of up's proof.

    `seconds` is how long the probe took, `tried` is false when an earlier fault made it pointless.
    A promise that was not tried is not kept.
    """

    name: str
    kept: bool
    seconds: float
    tried: bool = True
    cause: str = ""
    service: str = ""
    hint: str = ""
    details: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The promise for `--json`; seconds rounded to milliseconds, the traceback left out."""
        known = asdict(self)
        known.pop("details")
        return known | {"seconds": round(self.seconds, 3)}
