"""Celery settings of this stack for Django's settings: `from stack_django import *`.

They are those of stack_settings, by the names that `app.config_from_object("django.conf:settings",
namespace="CELERY")` reads: `task_acks_late` is CELERY_TASK_ACKS_LATE here.
"""

import stack_settings
from stack_settings import stack_queue

PREFIX = "CELERY_"

_settings = {
    f"{PREFIX}{name.upper()}": getattr(stack_settings, name)
    for name in stack_settings.__all__
    if name != stack_queue.__name__
}
globals().update(_settings)

__all__ = ["stack_queue", *_settings]
