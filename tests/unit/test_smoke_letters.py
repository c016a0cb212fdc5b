"""Letters fail one by one, but a broker that lets one wait is not asked again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from rabbitry import letters
from rabbitry.letters import Letters
from rabbitry.post import Letter
from rabbitry.promise import Broken
from tests.unit.stack_document import stack


class _Post:
    def __init__(self, failing: str = "", seconds: float = 0.0) -> None:
        self.failing, self.seconds, self.sent = failing, seconds, []  # type: ignore[var-annotated]

    def send(self, task: str, *args: Any, queue: str, **options: Any) -> Letter:
        name = "countdown" if "countdown" in options else task
        self.sent.append(name)
        if name == self.failing:
            threading.Event().wait(self.seconds)
            raise Broken(f"no {name}")
        return Letter(id=name, queue=queue)

    def chord(self, size: int, queue: str) -> Letter:
        return self.send("chord", queue=queue)


def test_every_queue_gets_two_questions_for_each_worker() -> None:
    post = _Post()
    Letters(post, stack()).send()  # type: ignore[arg-type]
    assert post.sent.count("where") == 2 * 1 + 2 * 2


def test_a_letter_that_could_not_be_sent_fails_alone() -> None:
    known = Letters(_Post(failing="countdown"), stack())  # type: ignore[arg-type]
    assert known.get("add").id == "add"
    with pytest.raises(Broken, match="no countdown"):
        known.get("countdown")


def test_a_broker_that_lets_a_letter_wait_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "SLOW", 0.01)
    post = _Post(failing="where", seconds=0.02)
    known = Letters(post, stack())  # type: ignore[arg-type]
    with pytest.raises(Broken, match="no where"):
        known.get("add")
    assert post.sent == ["where"]
