"""The Celery application; `celery -A canvas …` finds it."""

from celery import Celery

app = Celery("canvas")
app.config_from_object("stack_settings")
app.autodiscover_tasks(["canvas"])
