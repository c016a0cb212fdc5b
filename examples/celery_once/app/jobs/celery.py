"""The Celery application; `celery -A jobs …` finds it."""

from celery import Celery

app = Celery("jobs")
app.config_from_object("jobs.celeryconfig")
app.autodiscover_tasks(["jobs"])
