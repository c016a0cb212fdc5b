"""Sends a steady stream of tasks as an application does and prints a ledger; runs inside a test host.

A line is `sent ID`, `confirmed ID` or `lost NAME`, the error that ended a connection. A task that was not
confirmed is sent again under its ID: it may run twice, and must run once.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
import uuid

from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

# The account and the broker stand in this file, which is read again for each connection: passwords change.
READ = '. /etc/rabbitry/celery.env && printf %s "$CELERY_BROKER_URL"'
PAUSE, PATIENCE = float(os.environ.get("PAUSE", "0.1")), 0.5
# Tasks after which a new connection is made, so that the stream logs in all the time.
EACH = 20

app = Celery("publisher", backend="disabled://")
app.config_from_object("stack_settings")
# The results are the reader's business: storing them is the worker's.
os.environ.pop("CELERY_RESULT_BACKEND", None)
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: ended.set())


def connect() -> Connection:
    read = subprocess.run(["sh", "-c", READ], capture_output=True, text=True, check=True)
    os.environ["CELERY_BROKER_URL"] = read.stdout
    connection: Connection = app.connection_for_write()
    return connection


def note(word: str, what: object) -> None:
    print(word, what, flush=True)


def main() -> None:
    waiting: list[str] = []
    numbers = itertools.count()
    while not ended.is_set():
        with connect() as connection:
            try:
                producer = app.amqp.Producer(connection, auto_declare=False)
                for _ in range(EACH):
                    waiting = waiting or [str(uuid.uuid4())]
                    note("sent", waiting[0])
                    options = {"task_id": waiting[0], "producer": producer, "retry": False}
                    app.send_task("sample.tasks.add", (next(numbers), 1), **options)
                    note("confirmed", waiting.pop())
                    if ended.wait(PAUSE):
                        return
            except (KombuError, *connection.connection_errors, *connection.channel_errors) as error:
                note("lost", type(error).__name__)
                ended.wait(PATIENCE)


if __name__ == "__main__":
    main()
