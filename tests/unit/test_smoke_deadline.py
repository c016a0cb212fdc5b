"""Nothing that smoke asks can hold it up."""

from __future__ import annotations

import threading
import time

import pytest

from rabbitry.deadline import Deadline, DeadlinePassed, until, within
from tests.unit.stack_document import SECRETS


def test_a_call_that_hangs_is_left_behind() -> None:
    hanging = threading.Event()
    started = time.monotonic()
    with pytest.raises(DeadlinePassed, match="the probe got no answer"):
        within(0.05, hanging.wait)
    assert time.monotonic() - started < 1
    hanging.set()


def test_a_call_gives_its_result_or_its_error() -> None:
    assert within(1, lambda: 5) == 5
    assert within(1, lambda: None) is None
    with pytest.raises(KeyError):
        within(1, lambda: SECRETS["missing"])


def test_a_condition_is_asked_until_it_holds() -> None:
    answers = iter([None, 0, "", "here"])
    assert until(lambda: next(answers), Deadline(5)) == "here"


def test_a_condition_is_asked_once_even_after_the_deadline() -> None:
    assert until(lambda: "here", Deadline(0)) == "here"
    assert until(lambda: None, Deadline(0)) is None


def test_a_deadline_ends_with_the_one_around_it() -> None:
    assert Deadline(60, outer=Deadline(0)).passed
    assert Deadline(60).left > 59
