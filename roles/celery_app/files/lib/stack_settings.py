"""Celery settings of this stack, for your celeryconfig: `from stack_settings import *`. Django: stack_django.

The decisions lie in stack_settings.json beside this file. The broker's and the result backend's URLs are not
here: Celery reads them from CELERY_BROKER_URL and CELERY_RESULT_BACKEND (/etc/rabbitry/celery.env).
"""

import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kombu import Exchange, Queue

_stack = json.loads(Path(__file__).with_name("stack_settings.json").read_text(encoding="utf-8"))


def stack_queue(name: str, routing_key: str = "") -> Queue:
    """A durable queue of the stack's type on its topic exchange, for queues of your own."""
    return Queue(
        name,
        Exchange(_stack["exchange"], type="topic", durable=True),
        routing_key=routing_key or name,
        queue_arguments={"x-queue-type": _stack["queue_type"]},
    )


task_queues = [stack_queue(name) for name in _stack["queues"]]
globals().update(_stack["settings"])

# Sentinel wants the password as well; it stands in the URL alone, which is a secret.
if _sentinels := _stack["settings"].get("result_backend_transport_options", {}).get("sentinel_kwargs"):
    _url = os.environ.get("CELERY_RESULT_BACKEND") or os.environ.get("RABBITRY_RESULT_BACKEND", "")
    _sentinels["password"] = unquote(urlsplit(_url.partition(";")[0]).password or "") or None

__all__ = ["stack_queue", "task_queues", *_stack["settings"]]
