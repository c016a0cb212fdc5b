"""Sends a steady stream of tasks as an application does and prints a ledger; runs inside a test host.

A line is a JSON object: `at` (Unix seconds), `event` (sent, confirmed, or error with `name`), `id`, `task`.
A task that was not confirmed is sent again under its ID: it may run twice, and must run once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from itertools import cycle

from ledger import app

# The account and the brokers stand in this file, which is read again for each connection: passwords change.
READ = '. /etc/rabbitry/celery.env && printf %s "$CELERY_BROKER_URL"'
PAUSE = float(os.environ.get("PAUSE", "0.01"))
# Seconds in which a broker confirms, before the next one is asked.
CONFIRM, PATIENCE = 5, 0.2
KINDS = ("ledger.tasks.plain", "ledger.tasks.plain", "ledger.tasks.plain", "ledger.tasks.once")

ended = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: ended.set())


def note(event: str, **facts: str) -> None:
    print(json.dumps({"at": time.time(), "event": event, **facts}), flush=True)


def tasks() -> Iterator[dict[str, str]]:
    for kind in cycle(KINDS):
        yield {"id": str(uuid.uuid4()), "task": kind}


def main() -> None:
    new, waiting = tasks(), None
    while not ended.is_set():
        read = subprocess.run(["sh", "-c", READ], capture_output=True, text=True, check=True)
        os.environ["CELERY_BROKER_URL"] = read.stdout
        connection = app.connection_for_write()
        try:
            connection.ensure_connection(max_retries=1, interval_start=PATIENCE, timeout=CONFIRM)
            producer = app.amqp.Producer(connection, auto_declare=False)
            while not ended.wait(PAUSE):
                waiting = waiting or next(new)
                note("sent", **waiting)
                app.send_task(
                    waiting["task"],
                    task_id=waiting["id"],
                    producer=producer,
                    retry=False,
                    confirm_timeout=CONFIRM,
                )
                note("confirmed", **waiting)
                waiting = None
        # Whatever a broken connection raises in kombu, amqp or a socket: it is written down, and tried again.
        except Exception as error:
            note("error", name=type(error).__name__)
            ended.wait(PATIENCE)
        finally:
            connection.release()


if __name__ == "__main__":
    main()
