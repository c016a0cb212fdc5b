"""Lets a worker come to rest before it is told to end: it takes no more tasks and finishes the short ones.

A task that comes in the very moment in which Celery 5.7 begins to end is run and not acknowledged: its
process then waits 30 seconds to be heard, and the task is run again. Long tasks end well without that.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_question import Application, ask

# Seconds in which short tasks end.
SECONDS = 10

PROGRAM = """
for queue in [queue["name"] for queue in ask("active_queues") or ()]:
    app.control.cancel_consumer(queue, destination=[node], reply=True, limit=1, timeout=2)
while time.monotonic() < end and (ask("reserved") or ask("active")):
    time.sleep(0.05)
"""


def drain(service: Service, application: Application, home: Path) -> None:
    """Cancel what a worker consumes, and return when it is idle, or after a few seconds.

    One that does not answer, or cannot be asked, ends as it is.
    """
    try:
        ask(PROGRAM, service, application, home, SECONDS)
    except subprocess.TimeoutExpired:
        return
