"""The Celery application; `celery -A sample …` finds it."""

from celery import Celery

app = Celery("sample")
app.config_from_object("sample.celeryconfig")

# Finds the tasks.py of each package named here, and the handlers in signals.py.
app.autodiscover_tasks(["sample", "sample.maths"])
app.autodiscover_tasks(["sample"], related_name="signals")
