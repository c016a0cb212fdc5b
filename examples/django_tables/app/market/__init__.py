"""The Django project."""

# So that `@shared_task` finds this application in every process of Django, and not only in the workers.
from market.celery import app

__all__ = ["app"]
