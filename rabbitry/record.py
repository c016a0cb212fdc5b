"""One run at a time in an environment, and what each one said: the lock and the log files."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rabbitry.environment import Environment
from rabbitry.errors import StackError

KEPT = 20
LOCK = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


def logs(environment: Environment) -> list[Path]:
    """The log files of the last runs, oldest first."""
    return sorted(environment.log.glob("*.log"))


@contextmanager
def new(environment: Environment, name: str) -> Iterator[Path]:
    """The log file of a run called `name`, while nobody else can run; StackError when somebody does.

    The kernel forgets the lock of a run that died. All but the newest files are removed.
    """
    environment.prepare()
    descriptor = os.open(
        environment.state / "lock", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
    )
    with os.fdopen(descriptor, "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise StackError(
                f"{lock.read() or 'another run'} is at work in the environment `{environment.name}`",
                f"tail -F {environment.log}/*",
            ) from error
        lock.truncate(0)
        lock.write(f"`{name}` (pid {os.getpid()})")
        lock.flush()
        for old in logs(environment)[: -KEPT + 1]:
            old.unlink(missing_ok=True)
        path = environment.log / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}.log"
        path.touch(mode=0o600)
        yield path
