"""Django's settings, and Celery's among them: the stack's, then what this project adds."""

import os
from datetime import timedelta

import stack_settings
from celery.schedules import crontab
from kombu import Exchange, Queue

# A project with web pages needs a real one; here nothing is signed.
SECRET_KEY = os.environ.get("SHOP_SECRET_KEY", "not-used")
INSTALLED_APPS = ["orders"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP_DATABASE"]}}
USE_TZ = True
# Django's default is that of Chicago, also for the times in the workers' log; Celery's for crontabs is UTC.
TIME_ZONE = "UTC"

# Celery's names are in lower case, Django only takes upper-case ones: CELERY_TASK_ACKS_LATE and so on.
globals().update(
    {
        f"CELERY_{name.upper()}": getattr(stack_settings, name)
        for name in stack_settings.__all__
        if name != "stack_queue"
    }
)

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
