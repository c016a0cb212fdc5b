"""Prints how many consumers a queue has, each time that this changes; runs inside a test host."""

from __future__ import annotations

import signal
import sys
import threading

from celery import Celery

EVERY = 0.05
# RabbitMQ says 0, too, when a quorum queue is too busy to tell it in time; a worker takes seconds to start.
TIMES = 10

app = Celery("consumers", backend="disabled://")
app.config_from_object("stack_settings")
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: ended.set())


def main(queue: str) -> None:
    last, none = -1, 0
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        while not ended.wait(EVERY):
            found = channel.queue_declare(queue, passive=True).consumer_count
            none = 0 if found else none + 1
            if found != last and (found or none == TIMES):
                print("consumers", found, flush=True)
                last = found


if __name__ == "__main__":
    main(sys.argv[1])
