"""Waits for a condition with a deadline: the only place where tests sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float, what: str = "", every: float = 0.2) -> T:
    """Return the first true result of `condition`, asked for at most `seconds`.

    An AssertionError that `condition` raises counts as "not yet"; its text, or the last false result, is the
    reason in the AssertionError raised when the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            result = condition()
            if result:
                return result
            reason = f"last result: {result!r}"
        except AssertionError as error:
            reason = str(error)
        if time.monotonic() >= end:
            raise AssertionError(f"{what or 'the condition'} did not come true in {seconds:g} s: {reason}")
        time.sleep(every)
