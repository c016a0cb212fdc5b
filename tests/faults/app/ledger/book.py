"""The book of one host: what happened there to which task, and when."""

import json
import os
import socket
import time

# A line is one write to the end of the file, so that processes do not mix theirs.
BOOK = os.environ["LEDGER_BOOK"]


def write(event: str, task_id: str, task: str) -> None:
    entry = {"at": time.time(), "event": event, "id": task_id, "task": task, "host": socket.gethostname()}
    line = json.dumps(entry)
    book = os.open(BOOK, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(book, f"{line}\n".encode())
    finally:
        os.close(book)
