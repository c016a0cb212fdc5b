"""Tells another program, as JSON lines, what a playbook does while it runs."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any, TextIO

from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: events
type: aggregate
short_description: Writes what happens as JSON lines
description:
  - One JSON object a line to the file named by E(RABBITRY_EVENTS); nothing when that is not set.
  - "Kinds: C(play) with name; C(task) with name and role; C(result) with host, task, status, seconds, msg,
    hint, log, faults and notes; C(stats) with the counts of each host."
requirements:
  - enable in configuration
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "rabbitry.stack.events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._stream: TextIO | None = None
        self._started: dict[tuple[str, str], float] = {}
        path = os.environ.get("RABBITRY_EVENTS")
        if path:
            self._stream = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115, PTH123
        else:
            self.disabled = True

    def _write(self, event: str, **facts: Any) -> None:
        if self._stream is not None:
            # A reader that has gone must not end the play.
            with contextlib.suppress(BrokenPipeError):
                self._stream.write(json.dumps({"event": event, **facts}, default=str) + "\n")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._write("play", name=play.get_name())

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        role = getattr(task, "_role", None)
        self._write("task", name=task.name or task.action, role=role.get_name() if role else "")

    v2_playbook_on_handler_task_start = v2_playbook_on_task_start

    def v2_runner_on_start(self, host: Any, task: Task) -> None:
        self._started[host.get_name(), str(task._uuid)] = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._result(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._result(result, "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._result(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._result(result, "unreachable")

    def _result(self, result: Any, status: str) -> None:
        host = result.host.get_name()
        began = self._started.pop((host, str(result.task._uuid)), time.monotonic())
        self._write(
            "result",
            host=host,
            task=result.task.name or result.task.action,
            status=status,
            seconds=round(time.monotonic() - began, 3),
            **explanation(result.result),
        )

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write("stats", hosts={host: stats.summarize(host) for host in sorted(stats.processed)})


def explanation(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a task's result says about itself: msg, hint, log (lines), and faults and notes (message, hint,
    log each). A note is a fault that stops nothing, or its message alone.

    The failed items of a loop become faults.
    """
    faults = list(result.get("faults") or ())
    for item in result.get("results") or ():
        if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")):
            inner = explanation(item)
            own = {"message": inner["msg"], "hint": inner["hint"], "log": inner["log"]}
            faults += inner["faults"] or [own]
    notes = [note if isinstance(note, Mapping) else {"message": note} for note in result.get("notes") or ()]
    log = result.get("log") or result.get("stderr_lines") or result.get("stdout_lines") or ()
    return {
        "msg": str(result.get("msg") or result.get("censored") or ""),
        "hint": str(result.get("hint") or ""),
        "log": [str(line) for line in ([log] if isinstance(log, str) else log)][-30:],
        "faults": faults,
        "notes": notes,
    }
