"""The Celery application; `celery -A signals …` finds it."""

from celery import Celery

app = Celery("signals")
app.config_from_object("stack_settings")
app.autodiscover_tasks(["signals"])
