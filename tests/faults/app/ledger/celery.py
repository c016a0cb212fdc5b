"""The Celery application, by the settings of the stack alone."""

from celery import Celery

app = Celery("ledger")
app.config_from_object("stack_settings")
app.autodiscover_tasks(["ledger"])
