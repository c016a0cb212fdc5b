"""A task is not queued twice: not by callers, not by beat; its lock goes with it, and with nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.example import Deployed, Example
from tests.support.wait import wait_until

BEGIN = """\
import json
from once import tasks
from once.celery import app
store = app.backend.client
def locked(task, *args):
    key = task.once_key(args, {})
    return (store.get(key) or b"").decode()
def tell(**found):
    print(json.dumps(found))
"""
SAME = "first, second = tasks.report.delay('same', 2), tasks.report.delay(name='same', seconds=2)\n"
AGAIN = """\
first.get(timeout=20)
third = tasks.report.delay('same', 2)
tell(first=first.id, second=second.id, third=third.id, result=third.get(timeout=20))
"""
OTHERS = """\
one, two, three = (tasks.refresh.delay(*call) for call in [(1, "login"), (1, "timer"), (2, "login")])
tell(one=one.id, two=two.id, three=three.id, result=two.get(timeout=20))
"""
UNPUBLISHED = """\
try:
    tasks.report.apply_async(("lost",), exchange="not.there", routing_key="lost")
    error = None
except Exception as caught:
    error = repr(caught)
owner = locked(tasks.report, "lost")
tell(error=error, owner=owner, result=tasks.report.delay("lost", 0.1).get(timeout=20))
"""
RETRIED = """\
first = tasks.fetch.delay("x")
while not first.state == "RETRY":
    pass
second = tasks.fetch.delay("x")
tell(first=first.id, second=second.id, result=first.get(timeout=20), owner=locked(tasks.fetch, "x"))
"""
FAILED = """\
first = tasks.fail.delay("x")
error = repr(first.get(timeout=20, propagate=False))
tell(error=error, owner=locked(tasks.fail, "x"))
"""
REVOKED = """\
late = tasks.report.apply_async(("late",), countdown=2)
late.revoke()
tell(id=late.id, owner=locked(tasks.report, "late"))
"""
STUCK = "tell(id=tasks.stuck.delay('x').id, owner=locked(tasks.stuck, 'x'))"
OWNER = "import sys; tell(owner=locked(getattr(tasks, sys.argv[1]), sys.argv[2]))"
TOO_SLOW = """\
first = tasks.too_slow.delay("x")
while locked(tasks.too_slow, "x"):
    pass
second = tasks.too_slow.delay("x")
store.persist(tasks.too_slow.once_key(("x",), {}))
first.get(timeout=20)
tell(first=first.id, second=second.id, owner=locked(tasks.too_slow, "x"))
"""
FORGET = "tell(gone=store.delete(tasks.RUNS))"
RUNS = """\
lines = [line.decode().split() for line in store.lrange(tasks.RUNS, 0, -1)]
tell(whats=[what for name, what, _ in lines if name == "beat"])
"""


class Once:
    """What the example `once` promises, wherever it is deployed."""

    def ask(self, example: Example, source: str, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = example.python(BEGIN + source, *arguments)
        return found

    def free(self, example: Example, task: str, argument: str) -> bool:
        return self.ask(example, OWNER, task, argument)["owner"] == ""

    def test_a_waiting_task_is_not_queued_again_and_an_ended_one_is(self, example: Example) -> None:
        found = self.ask(example, SAME + AGAIN)
        assert found["first"] == found["second"]
        # Sent the moment that the first one's result was there.
        assert found["third"] != found["first"]
        assert found["result"] == "report same"

    def test_only_the_named_arguments_count(self, example: Example) -> None:
        found = self.ask(example, OTHERS)
        assert found["one"] == found["two"] != found["three"]
        assert found["result"] == "1 for login"

    def test_a_failed_publish_gives_the_lock_back(self, example: Example) -> None:
        found = self.ask(example, UNPUBLISHED)
        assert "no exchange 'not.there'" in found["error"]
        assert found["owner"] == ""
        assert found["result"] == "report lost"

    def test_a_task_that_waits_to_be_tried_again_keeps_its_lock(self, example: Example) -> None:
        found = self.ask(example, RETRIED)
        assert found["first"] == found["second"]
        assert (found["result"], found["owner"]) == (1, "")

    def test_a_failed_task_gives_the_lock_back(self, example: Example) -> None:
        found = self.ask(example, FAILED)
        assert found == {"error": "ValueError('x')", "owner": ""}

    def test_a_revoked_task_gives_the_lock_back(self, example: Example) -> None:
        found = self.ask(example, REVOKED)
        assert found["owner"] == found["id"]
        wait_until(lambda: self.free(example, "report", "late"), 20, "the lock is free")

    def test_a_killed_task_gives_the_lock_back(self, example: Example) -> None:
        found = self.ask(example, STUCK)
        assert found["owner"] == found["id"]
        wait_until(lambda: self.free(example, "stuck", "x"), 30, "the lock is free")

    def test_a_task_whose_lock_has_expired_leaves_the_next_one_s_alone(self, example: Example) -> None:
        found = self.ask(example, TOO_SLOW)
        assert found["first"] != found["second"] == found["owner"]

    def test_beat_does_not_queue_twice_either(self, example: Example) -> None:
        sent = self.sent_by_beat(example)
        self.ask(example, FORGET)

        def runs() -> list[str]:
            whats = self.ask(example, RUNS)["whats"]
            # The one that ran while the list was emptied has only its end there.
            found: list[str] = whats[whats.index("started") :] if "started" in whats else []
            assert len(found) >= 8, found
            return found[:8]

        # Three processes stand ready, and yet no run starts before the one before it has ended.
        assert wait_until(runs, 60, "beat's task has run four times") == ["started", "ended"] * 4
        assert self.sent_by_beat(example) - sent > 8

    def sent_by_beat(self, example: Example) -> int:
        return example.service("beat").logs(100000).count("Sending due task report-every-second")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestOnce(Once, Deployed):
    name = "once"
