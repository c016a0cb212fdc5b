"""The Celery application; `celery -A market …` finds it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")

app = Celery("market")
# All of Celery's settings stand in Django's, as CELERY_<NAME>.
app.config_from_object("django.conf:settings", namespace="CELERY")
# Finds the tasks.py of every application in INSTALLED_APPS.
app.autodiscover_tasks()
