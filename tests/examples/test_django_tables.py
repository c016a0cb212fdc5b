"""A Django project whose schedule and results are tables: beat follows the one, results come by the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.example import UP, Deployed, Example
from tests.support.wait import wait_until

BEGIN = """\
import json, sys, django
django.setup()
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_results.models import TaskResult
from prices.tasks import look
"""
ROWS = (
    "print(json.dumps([[row.name, row.interval.every] for row in PeriodicTask.objects.filter(crontab=None)]))"
)
RESULTS = """\
rows = TaskResult.objects.order_by("pk")
print(json.dumps([[row.task_name, row.status, row.result] for row in rows]))
"""
RESULT = """\
from market.celery import app
result = look.delay("pear")
value = result.get(timeout=20)
store = TaskResult.objects.get(task_id=result.id)
print(json.dumps([value, store.task_name, store.worker.partition("@")[0], type(app.backend).__name__]))
"""
CHANGE = """\
row = PeriodicTask.objects.get(name="look")
row.interval, _ = IntervalSchedule.objects.get_or_create(every=int(sys.argv[1]), period="seconds")
row.save()
print(json.dumps(row.total_run_count))
"""


class DjangoTables:
    """What the example `django_tables` promises, wherever it is deployed."""

    def ask(self, example: Example, source: str, *arguments: str) -> Any:
        return example.python(BEGIN + source, *arguments)

    def looks(self, example: Example) -> int:
        return sum(
            row == ["prices.tasks.look", "SUCCESS", '"apple costs 5"'] for row in self.ask(example, RESULTS)
        )

    def test_the_schedule_has_the_rows_of_the_application_alone(self, example: Example) -> None:
        # Ours is sent beside them: `celery.backend_cleanup`, a crontab, is django-celery-beat's own.
        assert self.ask(example, ROWS) == [["look", 2]]

    def test_beat_sends_what_the_table_says(self, example: Example) -> None:
        before = self.looks(example)
        wait_until(lambda: self.looks(example) >= before + 2, 30, "beat sends every 2 seconds")

    def test_beat_follows_a_change_without_a_restart(self, example: Example) -> None:
        beat = example.service("beat")
        pid = beat.pid()
        self.ask(example, CHANGE, "3600")
        wait_until(lambda: "Schedule changed" in beat.logs(200), 30, "beat has read its table again")
        assert beat.pid() == pid

    def test_a_row_that_somebody_changed_outlives_a_new_release(self, example: Example) -> None:
        example.inv("up", "--full", seconds=UP)
        assert example.changed() == 0
        assert self.ask(example, ROWS) == [["look", 3600]]

    def test_results_of_the_application_are_rows_too(self, example: Example) -> None:
        found = self.ask(example, RESULT)
        assert found == ["pear costs 4", "prices.tasks.look", "default", "DatabaseBackend"]

    def test_results_of_the_stack_s_probes_are_not(self, example: Example) -> None:
        # Tasks that the example before this one left in the queue fail as unknown, without a name.
        before = self.others(example)
        example.inv("smoke")
        assert self.others(example) == before

    def others(self, example: Example) -> list[list[str]]:
        return [row for row in self.ask(example, RESULTS) if row[0] != "prices.tasks.look"]

    def test_doctor_finds_nothing_wrong_with_it(self, example: Example) -> None:
        slugs = ("celery/result_disabled", "celery/ignored_settings", "celery/wrong_app", "beat/down")
        example.inv("doctor", *slugs)


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestDjangoTables(DjangoTables, Deployed):
    name = "django_tables"
