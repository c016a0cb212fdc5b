"""Waiting with an end: a condition polled until a deadline, and a call that cannot hang its caller."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class DeadlinePassed(Exception):
    """Nothing came back in time."""


class Deadline:
    """A point in time, `seconds` from now; never after the `outer` deadline that it is part of."""

    def __init__(self, seconds: float, outer: Deadline | None = None) -> None:
        self.length, self.outer = seconds, outer
        self.restart()

    def restart(self) -> None:
        """Begin again now."""
        self.started = time.monotonic()
        self.at = self.started + self.length
        if self.outer is not None:
            self.at = min(self.at, self.outer.at)

    @property
    def left(self) -> float:
        """Seconds that remain; 0.0 when the deadline has passed."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether no time remains."""
        return self.left == 0.0

    @property
    def seconds(self) -> float:
        """The length of the wait that this deadline allows, for messages."""
        return self.at - self.started


def until(
    condition: Callable[[], T | None], deadline: Deadline, first: float = 0.005, most: float = 0.1
) -> T | None:
    """Ask `condition` until it gives something true or the deadline passes; None when it passed.

    The pause between two questions grows from `first` to `most` seconds. It is asked at least once.
    """
    pause = first
    while True:
        if answer := condition():
            return answer
        if deadline.passed:
            return None
        time.sleep(min(pause, deadline.left))
        pause = min(pause * 1.5, most)


def within(seconds: float, call: Callable[[], T], what: str = "the probe") -> T:
    """Run `call` in a thread of its own and give its result, or raise DeadlinePassed after `seconds`.

    A client library may wait for ever in spite of its timeouts (a publisher that the broker blocks does):
    the thread is a daemon, so one that hangs is left behind and holds up neither the verdict nor the exit.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(call())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True, name=what)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not result:
        raise DeadlinePassed(f"{what} got no answer within {seconds:.0f} s")
    return result[0]
