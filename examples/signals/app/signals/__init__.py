"""Celery's signals: each of nine that a task sets off is seen firing, and in which process."""

# autodiscover_tasks() only works in workers and beat. Whoever sends tasks has to import the handlers, or the
# signals of publishing find nobody.
from signals import handlers
from signals.celery import app

__all__ = ["app", "handlers"]
