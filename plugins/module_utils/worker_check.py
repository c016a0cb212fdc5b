"""Asks a worker that has just started whether it does what its release declares: queues, tasks, and work."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_question import Application, ask

# Runs in the release that the worker was started with. A worker has shown that it works when it has begun a
# task, or when nothing waits for it: the tasks that are sent here see to it that there was something to do.
PROGRAM = """
from stack_settings import stack_queue

ours = ("celery.", "rabbitry.")
declared = {task for task in app.tasks if not task.startswith(ours)}

def waiting():
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        return sum(channel.queue_declare(queue, passive=True).message_count for queue in queues)

def verdict():
    global asked, quiet
    consumed = ask("active_queues")
    if consumed is None:
        return {"lacks": "does not answer", "mute": True}
    there = [queue["name"] for queue in consumed]
    if missing := [queue for queue in queues if queue not in there]:
        other = ", ".join(sorted(set(there) - set(queues)))
        other = other and f"it consumes from {other}"
        return {"lacks": f"does not consume from queue {', '.join(missing)}", "but": other}
    known = {task.partition(" [")[0] for task in ask("registered") or ()}
    known = {task for task in known if not task.startswith(ours)}
    if known != declared:
        return {"missing": sorted(declared - known), "strange": sorted(known - declared)}
    if not asked:
        for queue in queues:
            options = {"queue": stack_queue(queue), "declare": [], "ignore_result": True}
            app.send_task("rabbitry.probe.add", (2, 3), **options)
        asked = True
    if sum(((ask("stats") or {}).get("total") or {}).values()):
        return {}
    messages = waiting() + len(ask("reserved") or ())
    quiet = 0 if messages else quiet + 1
    return {} if quiet > 1 else {"lacks": "has begun no task", "but": f"{messages} wait", "mute": True}

asked, quiet = False, 0
while True:
    try:
        found = verdict()
    except Exception as error:
        found = {"lacks": "cannot be asked", "but": f"{type(error).__name__}: {error}"}
    if not found or "missing" in found or time.monotonic() > end:
        break
    time.sleep(0.1)
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Lack:
    """What a worker lacks, as the end of a sentence about it, and what there is in place of it.

    `mute`: it has not begun a task, nor perhaps answered; `late`: it was waited for.
    """

    text: str
    other: str = ""
    mute: bool = False
    late: bool = False

    def after(self, seconds: float) -> str:
        """All of it, when `seconds` were given."""
        return (
            self.text + (f" within {seconds:g} s" if self.late else "") + (self.other and f": {self.other}")
        )


def check(service: Service, application: Application, home: Path, seconds: float) -> Lack | None:
    """What a running worker lacks within `seconds`; None when it consumes, has its tasks, and works.

    The tasks are those that the release at `<home>/current` has when it is imported now.
    """
    try:
        done = ask(PROGRAM, service, application, home, seconds)
    except subprocess.TimeoutExpired:
        return Lack("could not be asked", mute=True, late=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"status {done.returncode}"]
        return Lack("could not be asked", said[-1].strip())
    return lack(json.loads(done.stdout.splitlines()[-1]))


def lack(found: dict[str, object]) -> Lack | None:
    """What the program's answer says of the worker."""
    if "missing" in found:
        return Lack("registers other tasks than its release declares", differing(found))
    if "lacks" in found:
        other = str(found.get("but", ""))
        return Lack(str(found["lacks"]), other, mute=bool(found.get("mute")), late=True)
    return None


def differing(found: dict[str, object]) -> str:
    """Which tasks are missing and which are strange, a few of each by name."""
    return " and ".join(
        f"{listed(found[key])} {'is' if len(_names(found[key])) == 1 else 'are'} {word}"
        for key, word in (("missing", "missing"), ("strange", "not in it"))
        if found[key]
    )


def listed(names: object, shown: int = 5) -> str:
    """Names in backticks, the first few of them."""
    every = _names(names)
    more = f" and {len(every) - shown} more" if len(every) > shown else ""
    return ", ".join(f"`{name}`" for name in every[:shown]) + more


def _names(names: object) -> Sequence[str]:
    return [str(name) for name in names] if isinstance(names, list) else []
