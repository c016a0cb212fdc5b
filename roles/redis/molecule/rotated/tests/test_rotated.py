"""A password is rotated by one value: the old one is refused, the new one accepted, the data kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.backend import Backend

NEW = "the password of this year"
Converge = Callable[..., int]


@pytest.fixture(scope="module", autouse=True)
def rotated(backend: Backend, converge: Converge) -> int:
    """Write under the old password, rotate it, and return how many tasks changed something."""
    backend.client().set("kept", "from last year")
    return converge(redis_password=NEW)


def test_the_run_says_so(rotated: int) -> None:
    assert rotated > 0


def test_the_old_password_is_refused(backend: Backend) -> None:
    assert "invalid username-password pair" in backend.refuses(str(backend.machine.vars["redis_password"]))


def test_the_new_password_finds_the_data(backend: Backend) -> None:
    assert backend.client(NEW).get("kept") == "from last year"


def test_a_second_run_changes_nothing(converge: Converge) -> None:
    assert converge(redis_password=NEW) == 0


def test_the_password_can_be_rotated_back(backend: Backend, converge: Converge) -> None:
    assert converge() > 0
    assert "invalid username-password pair" in backend.refuses(NEW)
    assert backend.client().get("kept") == "from last year"
