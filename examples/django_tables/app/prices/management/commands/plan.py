"""Adds what beat sends to its table, once: `python manage.py plan`."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django_celery_beat.models import IntervalSchedule, PeriodicTask


class Command(BaseCommand):
    help = "Add the row `look` to the schedule. One that is there stays as it is, whoever has changed it."

    def handle(self, *args: Any, **given: Any) -> None:
        often, _ = IntervalSchedule.objects.get_or_create(every=2, period=IntervalSchedule.SECONDS)
        row = {"task": "prices.tasks.look", "interval": often, "args": json.dumps(["apple"])}
        PeriodicTask.objects.get_or_create(name="look", defaults=row)
