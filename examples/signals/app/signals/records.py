"""What the handlers saw: a list in Redis, in the order of writing, that every process can append to."""

import json
import sys
from pathlib import Path
from typing import Any

from billiard import current_process
from celery import current_app

KEY = "signals:seen"
KEPT = 500
OURS = "signals."


def write(signal: str, task: str, identifier: str, **details: Any) -> None:
    """Append one record. Other people's tasks, such as the stack's own probes, set off signals too."""
    if not task.startswith(OURS):
        return
    record = {
        "signal": signal,
        "process": f"{Path(sys.argv[0]).stem}/{current_process().name}",
        "task": task,
        "id": identifier,
        "details": details,
    }
    client = current_app.backend.client
    client.rpush(KEY, json.dumps(record, default=repr))
    client.ltrim(KEY, -KEPT, -1)


def read() -> list[dict[str, Any]]:
    return [json.loads(each) for each in current_app.backend.client.lrange(KEY, 0, -1)]


def forget() -> None:
    current_app.backend.client.delete(KEY)
