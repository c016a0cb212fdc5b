"""Sends tasks at a steady pace and reads their results while a file is there; runs on a worker's host.

Arguments: the file, tasks a second. Prints one JSON document at the end: {"sent", "lost": [task without a
result], "refused": sends that raised, "gap": seconds, the longest without any result, "errors": of reading}.
"""

import itertools
import json
import sys
import threading
import time
from pathlib import Path

from celery import Celery

FILE, RATE = Path(sys.argv[1]), float(sys.argv[2])
GRACE = 90.0

app = Celery(set_as_current=False)
app.config_from_object("stack_settings")
app.conf.task_publish_retry = True
outstanding: dict[str, float] = {}
seen: list[float] = []
pause = threading.Event()
tally = {"sent": 0, "refused": 0, "errors": 0}


def send() -> None:
    due = time.monotonic()
    while FILE.exists():
        due += 1 / RATE
        pause.wait(max(0.0, due - time.monotonic()))
        try:
            sent = app.send_task("rabbitry.probe.add", (tally["sent"], 1), ignore_result=False)
        except Exception:
            tally["refused"] += 1
            continue
        tally["sent"] += 1
        outstanding[sent.id] = time.monotonic()


def read(sender: threading.Thread) -> None:
    backend = app.backend
    ended = 0.0
    while True:
        ids = list(outstanding)[:500]
        try:
            found = backend.client.mget([backend.get_key_for_task(one) for one in ids]) if ids else []
        except Exception:
            tally["errors"] += 1
            found = []
        for name, value in zip(ids, found, strict=False):
            if value is not None:
                del outstanding[name]
        if any(value is not None for value in found):
            seen.append(time.monotonic())
        if not sender.is_alive():
            ended = ended or time.monotonic()
            if not outstanding or time.monotonic() - ended > GRACE:
                return
        pause.wait(0.02)


sender = threading.Thread(target=send)
sender.start()
read(sender)
gap = max((after - before for before, after in itertools.pairwise(seen)), default=0.0)
print(json.dumps({**tally, "lost": list(outstanding), "gap": round(gap, 2)}))
