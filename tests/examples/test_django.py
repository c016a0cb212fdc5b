"""A Django project on the stack: signals queue tasks, routes choose their queues, beat sends in time."""

from __future__ import annotations

import pytest

from tests.support.application import python
from tests.support.example import Deployed, Example
from tests.support.service import HostService
from tests.support.wait import wait_until

ROLLED_BACK = """\
import json, django
django.setup()
from celery.signals import before_task_publish
from django.db import transaction
from orders.models import Order
sent = []
def note(sender, **_):
    sent.append(sender)
before_task_publish.connect(note)
try:
    with transaction.atomic():
        Order.objects.create(customer="lost", cents=1)
        raise KeyError
except KeyError:
    lost = list(sent)
with transaction.atomic():
    Order.objects.create(customer="kept", cents=1)
    early = list(sent)
print(json.dumps([lost, early, sent]))
"""
SCHEDULE = """\
import json
from shop.celery import app
print(json.dumps({name: repr(entry["schedule"]) for name, entry in app.conf.beat_schedule.items()}))
"""


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestDjango(Deployed):
    name = "django"

    def test_it_makes_its_tables(self, example: Example) -> None:
        example.run("python", "manage.py", "migrate", "--verbosity", "0")
        left = example.run("python", "manage.py", "makemigrations", "--check", "--dry-run")
        assert "No changes detected" in left.out

    def test_signals_run_in_order_and_queue_their_tasks(self, example: Example) -> None:
        shown = example.run("python", "manage.py", "order", " ada lovelace ", "1250", "--pay").out
        first, *notes = shown.splitlines()
        # pre_save has tidied the name.
        assert first.endswith(" of Ada Lovelace")
        by_signals = [note.strip() for note in notes if "queue" not in note]
        by_tasks = {note.strip() for note in notes if "queue" in note}
        assert by_signals == ["post_save, created", "post_save, changed", "order_paid"]
        # Each by the worker of its queue.
        assert by_tasks == {"confirmed, from queue mails", "invoice made, from queue documents"}

    def test_each_queue_has_its_worker(self, example: Example) -> None:
        ran = "orders.tasks.make_invoice"
        assert ran in HostService(example.host, "stack-worker-documents").logs(100)
        assert f"Task {ran}" not in HostService(example.host, "stack-worker-default").logs(500)

    def test_a_task_is_queued_once_its_order_is_committed_and_only_then(self, example: Example) -> None:
        assert python(example.host, ROLLED_BACK) == [[], [], ["orders.tasks.confirm"]]

    def test_beat_sends_by_timedelta_and_knows_the_crontab(self, example: Example) -> None:
        worker = HostService(example.host, "stack-worker-default")
        wait_until(lambda: "orders are not paid" in worker.logs(500), 30, "beat counts every 5 seconds")
        schedule = python(example.host, SCHEDULE)
        assert schedule["count-the-open-orders"] == "datetime.timedelta(seconds=5)"
        assert schedule["close-the-day"].startswith("<crontab: 55 23 * * *")
