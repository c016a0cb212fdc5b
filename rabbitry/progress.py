"""What a run has done so far, phase by phase (a play is a phase); it knows lines of text, not terminals."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rabbitry.events import Event, Play, Result, Task

Clock = Callable[[], float]


@dataclass
class Phase:
    """A part of a run; a phase in which no task ran is not worth a line."""

    name: str
    began: float
    seconds: float = 0.0
    task: str = ""
    results: int = 0
    changed: int = 0
    failed: int = 0
    remark: str = ""
    """What to say of it instead of the number of changes."""

    @property
    def mark(self) -> str:
        return "x" if self.failed else "+" if self.changed else "="

    @property
    def verdict(self) -> str:
        if self.failed:
            return "failed"
        if self.remark:
            return self.remark
        return f"{self.changed} changed" if self.changed else "as it should be"

    def __str__(self) -> str:
        return f"{self.mark} {self.name:<24} {self.seconds:6.1f} s  {self.verdict}"


@dataclass
class Phases:
    """Turns events into phases; `finished` is called with each phase as it ends."""

    finished: Callable[[Phase], None]
    clock: Clock = time.monotonic
    current: Phase | None = field(default=None, init=False)

    def hear(self, event: Event) -> None:
        match event:
            case Play(name):
                self.begin(name)
            case Task(name) if self.current:
                self.current.task = name
            case Result(status=status) if self.current and status != "skipped":
                self.current.results += 1
                self.current.changed += status == "changed"
                self.current.failed += event.is_bad

    def begin(self, name: str) -> None:
        """End the running phase and start the next."""
        self.end()
        self.current = Phase(name, self.clock())

    def end(self) -> None:
        phase, self.current = self.current, None
        if phase and phase.results:
            phase.seconds = self.clock() - phase.began
            self.finished(phase)
