"""The Celery application that every stack has; the programs of this example do without tasks."""

from celery import Celery

app = Celery("exchanges")
app.config_from_object("stack_settings")
