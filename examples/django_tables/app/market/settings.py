"""Django's settings; Celery's are the stack's, and schedule and results lie in tables of the database."""

import os

from stack_django import *  # noqa: F403

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django_celery_beat", "django_celery_results", "prices"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["MARKET_DATABASE"],
        # Workers and beat write at once: SQLite lets one of them wait.
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
USE_TZ = True
TIME_ZONE = "UTC"

CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_RESULT_BACKEND = "django-db"
# The name and the arguments of a task are kept with its result.
CELERY_RESULT_EXTENDED = True
