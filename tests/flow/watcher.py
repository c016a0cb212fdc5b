"""Prints every command line that shows a secret of the file that is named; runs inside a test host."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

PAUSE = 0.1
secrets = Path(sys.argv[1]).read_bytes().split()
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
print("watching", flush=True)
while not ended.wait(PAUSE):
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if any(secret in line for secret in secrets):
            print("shown", line.replace(b"\0", b" ").decode(errors="replace"), flush=True)
