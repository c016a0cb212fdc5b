"""Configuration: the stack's settings, the place of the locks, and a schedule faster than its task."""

import os

from stack_settings import *  # noqa: F403

# Read by celery_once. A lock that nobody gives back goes after `default_timeout` seconds: a little more than
# the longest wait and run.
ONCE = {
    "backend": "celery_once.backends.Redis",
    "settings": {"url": os.environ["CELERY_RESULT_BACKEND"], "default_timeout": 60},
}

beat_schedule = {
    # The task takes 3 seconds: without the lock the queue would grow by two tasks with every one that is run.
    "collect-every-second": {"task": "jobs.tasks.collect", "schedule": 1.0, "args": ["beat", 3]},
}
