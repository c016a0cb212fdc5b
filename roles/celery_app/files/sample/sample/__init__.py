"""Hello Celery: the sample application, to be copied and changed."""

# So that whoever imports a task, a web application say, sends it by this application's settings.
from sample.celery import app

__all__ = ["app"]
