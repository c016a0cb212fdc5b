"""What a ledger of tasks says: lost ones, those run twice, gaps, and how long until all flows again; pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ONCE = "ledger.tasks.once"
# A pause of the stream that counts as a gap, in seconds; it sends, and finishes, some tens of tasks a second.
GAP = 1.0
# Seconds between the ticks of two beats of which one took over; its lock has to run out first.
DOUBLE = 0.9


@dataclass
class Ledger:
    """When each task, by its ID, was first sent and confirmed, and each time that it began and ended.

    Times are Unix seconds of the one clock that all test hosts share.
    """

    sent: dict[str, float] = field(default_factory=dict)
    confirmed: dict[str, float] = field(default_factory=dict)
    started: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    finished: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    effects: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    once: set[str] = field(default_factory=set)
    errors: list[tuple[float, str]] = field(default_factory=list)
    ticks: list[tuple[float, str]] = field(default_factory=list)

    def read(self, lines: Iterable[str]) -> None:
        """Take in the lines of a stream or of a host's book; one that a cut tore counts for nothing."""
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            self._note(entry["event"], entry.get("id", ""), float(entry["at"]), entry)

    def _note(self, event: str, name: str, at: float, entry: dict[str, str]) -> None:
        if event == "error":
            self.errors.append((at, entry["name"]))
        elif event in ("sent", "confirmed"):
            getattr(self, event).setdefault(name, at)
            if entry["task"] == ONCE:
                self.once.add(name)
        elif event == "tick":
            self.ticks.append((at, entry["host"]))
        elif event == "effect":
            self.effects[name] += 1
        else:
            getattr(self, event)[name].append(at)

    def lost(self) -> list[str]:
        """Tasks that a broker confirmed and that never ended."""
        return [name for name in self.confirmed if not self.finished.get(name)]

    def without_effect(self) -> list[str]:
        """Confirmed tasks of the kind that has its effect once, and had none."""
        return [name for name in self.confirmed if name in self.once and not self.effects.get(name)]

    def repeated(self) -> list[str]:
        """Tasks that ended more than once."""
        return [name for name, times in self.finished.items() if len(times) > 1]

    def twice_in_effect(self) -> list[str]:
        """Tasks that had an effect more than once, which they never may."""
        return [name for name, count in self.effects.items() if count > 1]

    def double_ticks(self) -> list[float]:
        """When beat's task of every second was sent by another host so soon that both beats were active.

        One host sends two in a moment after it was held up: the late one and the one that is due.
        """
        return [
            later
            for (earlier, before), (later, now) in pairwise(sorted(self.ticks))
            if before != now and later - earlier < DOUBLE
        ]

    def ends(self) -> list[float]:
        """When tasks ended, in order."""
        return sorted(at for times in self.finished.values() for at in times)


@dataclass(frozen=True)
class Fault:
    """What was done to the stack, from `began` to `healed` (the last that the test did), watched `until`."""

    name: str
    began: float
    healed: float
    until: float


@dataclass(frozen=True)
class Figures:
    """Of one fault: tasks confirmed, lost and repeated; seconds of the longest gap between two that ended and
    between two that were confirmed, and from its beginning until the last gap was over."""

    confirmed: int
    lost: int
    repeated: int
    gap: float
    confirm_gap: float
    recovery: float


def figures(ledger: Ledger, fault: Fault) -> Figures:
    """Return the figures of the tasks that were confirmed while the fault was watched."""
    within = {name for name, at in ledger.confirmed.items() if fault.began <= at < fault.until}
    ends = _within(ledger.ends(), fault)
    confirms = _within(sorted(ledger.confirmed.values()), fault)
    return Figures(
        confirmed=len(within),
        lost=len(within & set(ledger.lost())),
        repeated=len(within & set(ledger.repeated())),
        gap=max(later - earlier for earlier, later in pairwise(ends)),
        confirm_gap=max(later - earlier for earlier, later in pairwise(confirms)),
        recovery=max(
            (later - fault.began for earlier, later in pairwise(ends) if later - earlier > GAP), default=0.0
        ),
    )


def _within(times: Sequence[float], fault: Fault) -> list[float]:
    """Return those between beginning and end, and both ends, so that silence counts as a gap."""
    return [fault.began, *(at for at in times if fault.began < at < fault.until), fault.until]


def rate(times: Iterable[float], began: float, until: float, step: float = 1.0) -> list[float]:
    """Return how many of `times` fall into each `step` seconds from `began` on, as a number a second."""
    counts = [0] * max(1, round((until - began) / step))
    for at in times:
        place = int((at - began) // step)
        if 0 <= place < len(counts):
            counts[place] += 1
    return [count / step for count in counts]
