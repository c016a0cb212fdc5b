"""The errors that a user may see: one sentence, the log lines that belong to it, one command that helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `message` names thing, value and host, `hint` can be pasted into a shell."""

    message: str
    hint: str = ""
    detail: tuple[str, ...] = ()
    """The last log lines of what failed, oldest first."""


class StackError(Exception):
    """Ends a verb with a message instead of a traceback; `exit_code` becomes the status of `inv`."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        detail: Iterable[str] = (),
        *,
        more: Iterable[Fault] = (),
        exit_code: int = 1,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = tuple(detail)
        self.more = tuple(more)
        self.exit_code = exit_code

    @classmethod
    def of(cls, faults: Iterable[Fault], exit_code: int = 1) -> StackError:
        """The error that reports every one of `faults` (at least one), the first as its message."""
        first, *rest = faults
        return cls(first.message, first.hint, first.detail, more=rest, exit_code=exit_code)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong, the message itself first."""
        return (Fault(self.message, self.hint, self.detail), *self.more)
