"""celery_once 3.0.1 on the stack: it queues once over RabbitMQ; what its page says is wrong with it is so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.example import Deployed, Example
from tests.support.wait import wait_until

BEGIN = """\
import json
from celery.signals import before_task_publish
from celery_once import AlreadyQueued
from jobs import tasks
from jobs.celery import app
store = app.backend.client
sent = []
def count(sender, **_):
    sent.append(sender)
before_task_publish.connect(count)
def refused(task, *args, **options):
    try:
        task.apply_async(args, **options)
    except AlreadyQueued:
        return True
    return False
def locked(task, *args):
    return store.exists(task.get_key(args, {})) == 1
def tell(**found):
    print(json.dumps(found))
"""
ONCE = """\
first = tasks.build.delay("ship", 2)
lock, again = locked(tasks.build, "ship", 2), refused(tasks.build, "ship", 2)
tell(lock=lock, again=again, other=refused(tasks.build, "car", 0),
     sent=len(sent), broker=app.connection().transport.driver_type, result=first.get(timeout=20))
"""
KEYS = """\
first = tasks.refresh.delay(1, "login")
tell(same=refused(tasks.refresh, 1, "timer"), other=refused(tasks.refresh, 2, "login"), sent=len(sent),
     result=first.get(timeout=20))
"""
FREE = "tell(locked=locked(tasks.build, 'ship', 2))"
GRACEFUL = """\
first = tasks.collect.delay("twice", 2)
second = tasks.collect.delay("twice", 2)
tell(id=second.id, state=second.state, sent=len(sent), result=first.get(timeout=20))
"""
RUNS = """\
lines = [line.decode().split() for line in store.lrange(tasks.RUNS, 0, -1)]
tell(whats=[what for name, what in lines if name == "beat"])
"""
FORGET = "tell(gone=store.delete(tasks.RUNS))"
LOST = """\
try:
    tasks.build.apply_async(("lost", 0), exchange="not.there", routing_key="x", retry=False)
except Exception as caught:
    error = str(caught)
tell(error=error, lock=locked(tasks.build, "lost", 0), again=refused(tasks.build, "lost", 0),
     left=store.ttl(tasks.build.get_key(("lost", 0), {})))
"""
NOT_ITS_OWN = """\
first = tasks.too_slow.delay("x")
while locked(tasks.too_slow, "x"):
    pass
second = tasks.too_slow.delay("x")
# So that only somebody who removes it ends it.
store.persist(tasks.too_slow.get_key(("x",), {}))
first.get(timeout=20)
import time
end = time.monotonic() + 2
while locked(tasks.too_slow, "x") and time.monotonic() < end:
    pass
tell(lock=locked(tasks.too_slow, "x"), second=second.state)
"""
URL = """\
from celery_once.backends.redis import parse_url
tell(**parse_url("redis://once:p%40w@127.0.0.1:6379/0"))
"""

# Lines of a log: all that there are.
EVERY = 100000


class CeleryOnce:
    """What the example `celery_once` promises, wherever it is deployed."""

    def ask(self, example: Example, source: str) -> dict[str, Any]:
        found: dict[str, Any] = example.python(BEGIN + source)
        return found

    def test_a_waiting_task_is_not_queued_again(self, example: Example) -> None:
        found = self.ask(example, ONCE)
        assert found == {
            "lock": True, "again": True, "other": False, "sent": 2, "broker": "amqp", "result": "built ship"
        }  # fmt: skip
        wait_until(lambda: not self.ask(example, FREE)["locked"], 20, "the lock is given back")

    def test_only_the_named_arguments_count(self, example: Example) -> None:
        found = self.ask(example, KEYS)
        assert found == {"same": True, "other": False, "sent": 2, "result": "1 for login"}

    def test_a_graceful_task_is_rejected_without_an_error(self, example: Example) -> None:
        found = self.ask(example, GRACEFUL)
        assert found == {"id": None, "state": "REJECTED", "sent": 1, "result": "collected twice"}

    def test_beat_does_not_queue_twice_either(self, example: Example) -> None:
        due = self.due(example)
        self.ask(example, FORGET)

        def runs() -> list[str]:
            whats = self.ask(example, RUNS)["whats"]
            found: list[str] = whats[whats.index("started") :] if "started" in whats else []
            assert len(found) >= 6, found
            return found[:6]

        # Three processes stand ready, and yet no run starts before the one before it has ended.
        assert wait_until(runs, 60, "beat's task has run three times") == ["started", "ended"] * 3
        assert self.due(example) - due > 6
        log = example.service("beat").logs(EVERY)
        assert "Message Error" not in log

    def due(self, example: Example) -> int:
        log = example.service("beat").logs(EVERY)
        return log.count("Sending due task collect-every-second")

    def test_a_failed_publish_leaves_its_lock(self, example: Example) -> None:
        found = self.ask(example, LOST)
        assert "no exchange 'not.there'" in found["error"]
        assert found["lock"] and found["again"] and 30 < found["left"] <= 60

    def test_a_task_that_outlives_its_lock_removes_the_next_one_s(self, example: Example) -> None:
        found = self.ask(example, NOT_ITS_OWN)
        assert found["lock"] is False and found["second"] != "SUCCESS"

    def test_its_url_has_no_user_and_no_quoted_characters(self, example: Example) -> None:
        found = self.ask(example, URL)
        assert found["password"] == "p%40w" and "username" not in found


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestCeleryOnce(CeleryOnce, Deployed):
    name = "celery_once"
