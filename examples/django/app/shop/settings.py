"""Django's settings, and Celery's among them: the stack's, then what this project adds."""

import os
from datetime import timedelta

from celery.schedules import crontab
from kombu import Exchange, Queue

# The stack's settings as CELERY_TASK_ACKS_LATE and so on; what follows wins.
from stack_django import *  # noqa: F403

# `up` generates it, once for an environment, and puts it where only the application's account reads it.
SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["orders"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP_DATABASE"]}}
USE_TZ = True
# Django's default is that of Chicago, also for the times in the workers' log; Celery's for crontabs is UTC.
TIME_ZONE = "UTC"

# Queues of one's own: quorum queues on the stack's topic exchange. `stack_queue("mails")` is the short way.
tasks = Exchange("tasks", type="topic")
quorum = {"x-queue-type": "quorum"}
CELERY_TASK_QUEUES = [
    Queue("default", tasks, routing_key="default", queue_arguments=quorum),
    Queue("mails", tasks, routing_key="mails", queue_arguments=quorum),
    Queue("documents", tasks, routing_key="documents", queue_arguments=quorum),
]
CELERY_TASK_ROUTES = {
    "orders.tasks.confirm": {"queue": "mails"},
    "orders.tasks.make_invoice": {"queue": "documents"},
}

CELERY_BEAT_SCHEDULE = {
    "count-the-open-orders": {
        "task": "orders.tasks.count_open",
        "schedule": timedelta(seconds=5),
    },
    "close-the-day": {
        "task": "orders.tasks.close_day",
        "schedule": crontab(hour=23, minute=55),
    },
}
