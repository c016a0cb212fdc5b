"""A Django project on the stack: signals queue tasks, routes choose their queues, beat sends in time."""

from __future__ import annotations

import pytest

from tests.support.checkout import CLONE
from tests.support.example import UP, Deployed, Example
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
KEY = """\
import json, os
from django.conf import settings
assert settings.SECRET_KEY == os.environ["SECRET_KEY"]
print(json.dumps(settings.SECRET_KEY))
"""
APP = f"{CLONE}/examples/django/app"
ORDERS = f"{APP}/orders"
MORE = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.AlterModelOptions("order", {})]
"""
BROKEN = """\
from django.conf import settings
from django.db import migrations
def fail(apps, schema_editor):
    raise ValueError(f"the key is {settings.SECRET_KEY}")
class Migration(migrations.Migration):
    dependencies = [("orders", "0002_more")]
    operations = [migrations.RunPython(fail)]
"""
SCHEDULE = """\
import json
from shop.celery import app
print(json.dumps({name: repr(entry["schedule"]) for name, entry in app.conf.beat_schedule.items()}))
"""


def migrations(example: Example) -> str:
    return example.run("python", "manage.py", "showmigrations", "orders").out


def current(example: Example) -> str:
    return example.host.run(["readlink", "/opt/rabbitry/current"]).out


def pids(example: Example) -> list[int]:
    workers = [example.service("worker", name).pid() for name in ("default", "documents")]
    return [*workers, example.service("beat").pid()]


class Django:
    """What it promises, alone or beside others."""

    def test_up_has_made_its_tables(self, example: Example) -> None:
        assert "[X] 0001_initial" in migrations(example)
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
        assert ran in example.service("worker", "documents").logs(100)
        assert f"Task {ran}" not in example.service("worker", "default").logs(500)

    def test_a_task_is_queued_once_its_order_is_committed_and_only_then(self, example: Example) -> None:
        assert example.python(ROLLED_BACK) == [[], [], ["orders.tasks.confirm"]]

    def test_beat_sends_by_timedelta_and_knows_the_crontab(self, example: Example) -> None:
        worker = example.service("worker", "default")
        wait_until(lambda: "orders are not paid" in worker.logs(500), 30, "beat counts every 5 seconds")
        schedule = example.python(SCHEDULE)
        assert schedule["count-the-open-orders"] == "datetime.timedelta(seconds=5)"
        assert schedule["close-the-day"].startswith("<crontab: 55 23 * * *")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestDjango(Django, Deployed):
    name = "django"

    def test_its_secret_key_is_one_of_the_environment_s_secrets(self, example: Example) -> None:
        secret = example.inv("secrets", "secret_key").out.strip()
        assert len(secret) == 50
        assert example.python(KEY) == secret
        places = ["/etc/rabbitry", "/opt/rabbitry", "/var/lib/rabbitry", "/var/tmp"]
        found = example.host.run(["grep", "-rl", secret, *places], check=False).out.split()
        assert found == ["/etc/rabbitry/celery.env"]
        assert example.host.run(["stat", "-c", "%a %U %G", *found]).out.split() == ["640", "root", "celery"]
        assert secret not in example.host.run("cat .state/local/log/*", cwd=CLONE).out

    def test_a_new_migration_runs_once_before_its_release_is_used(self, example: Example) -> None:
        example.host.write(f"{ORDERS}/migrations/0002_more.py", MORE)
        told = example.inv("up", "--check", seconds=UP).out
        assert "Release is the application's source" in told
        assert "0002" not in migrations(example)
        example.inv("up", seconds=UP)
        assert "[X] 0002_more" in migrations(example)
        example.inv("up", "--full", seconds=UP)
        assert example.changed() == 0

    def test_a_migration_that_fails_keeps_what_runs(self, example: Example) -> None:
        before = current(example), pids(example)
        example.host.write(f"{ORDERS}/migrations/0003_broken.py", BROKEN)
        failed = example.inv("up", seconds=UP, check=False)
        assert failed.rc == 1
        assert "the release command `python -m django migrate --noinput` ended with status 1" in failed.err
        # What it said is shown, and the secrets in it are not.
        assert "ValueError: the key is ***" in failed.err
        assert example.inv("secrets", "secret_key").out.strip() not in failed.err
        assert (current(example), pids(example)) == before
        example.host.run(["rm", f"{ORDERS}/migrations/0003_broken.py"])
        example.inv("up", seconds=UP)
        assert (current(example), pids(example)) == before

    def test_a_setting_that_celery_ignores_is_named_at_the_end_of_up(self, example: Example) -> None:
        settings = example.host.read(f"{APP}/shop/settings.py")
        example.host.write(f"{APP}/shop/settings.py", f"{settings}CELERYBEAT_SCHEDULE = {{}}\n")
        line = len(settings.splitlines()) + 1
        said = example.inv("up", seconds=UP).err
        assert (
            f"warning: the setting `CELERYBEAT_SCHEDULE` (shop/settings.py:{line}) of `shop` has no" in said
        )
        assert "hint: move what `CELERYBEAT_SCHEDULE` says to `CELERY_BEAT_SCHEDULE`" in said
        found = example.inv("doctor", "celery/ignored_settings", check=False)
        assert "`CELERY_BEAT_SCHEDULE` is given too and wins" in found.out
        example.host.write(f"{APP}/shop/settings.py", settings)
        assert "warning" not in example.inv("up", seconds=UP).err
