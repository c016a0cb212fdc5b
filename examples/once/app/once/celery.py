"""The Celery application; `celery -A once …` finds it."""

from celery import Celery

app = Celery("once")
app.config_from_object("once.celeryconfig")
app.autodiscover_tasks(["once"])
