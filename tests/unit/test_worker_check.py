"""What a worker's answer means: which sentence, and whether it holds tasks that must not be torn from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import (
    worker_check,
    worker_drain,
    worker_question,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.worker_check import (
    Application,
    Lack,
    check,
    lack,
)

WORKER = Service.from_vars(
    {"name": "w", "command": ["/bin/celery", "worker", "-n", "w@%h", "-Q", "a,b"], "user": "celery"}
)


@pytest.mark.parametrize(
    ("found", "sentence", "mute"),
    [
        ({"lacks": "does not answer", "mute": True}, "does not answer within 9 s", True),
        (
            {"lacks": "does not consume from queue a", "but": "it consumes from c"},
            "does not consume from queue a within 9 s: it consumes from c",
            False,
        ),
        (
            {"lacks": "has begun no task", "but": "3 wait", "mute": True},
            "has begun no task within 9 s: 3 wait",
            True,
        ),
        (
            {"missing": ["a"], "strange": ["b", "c"]},
            "registers other tasks than its release declares: `a` is missing and `b`, `c` are not in it",
            False,
        ),
        (
            {"missing": list("abcdefg"), "strange": []},
            "registers other tasks than its release declares: `a`, `b`, `c`, `d`, `e` and 2 more are missing",
            False,
        ),
    ],
)
def test_each_lack_is_a_sentence(found: dict[str, Any], sentence: str, mute: bool) -> None:
    said = lack(found)
    assert said and (said.after(9), said.mute) == (sentence, mute)


def test_a_worker_is_known_by_its_command() -> None:
    beat = Service.from_vars({"name": "b", "command": ["/bin/celery", "beat"], "user": "celery"})
    assert worker_question.is_worker(WORKER) and not worker_question.is_worker(beat)
    assert (
        worker_question.words_after(WORKER, "-n") == "w@%h"
        and worker_question.words_after(WORKER, "-A") == ""
    )


def test_the_program_is_asked_in_the_release_and_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def run(*words: Any) -> subprocess.CompletedProcess[str]:
        asked.extend(words)
        return subprocess.CompletedProcess(
            [], code, "noise of the application\n{}\n", "Traceback\nOops: no\n"
        )

    for kind, link in (("release", "current"), ("venv", "venv")):
        (tmp_path / f"{kind}s" / "one").mkdir(parents=True)
        (tmp_path / link).symlink_to(f"{kind}s/one")
    monkeypatch.setattr(worker_question, "run", run)
    code = 0
    assert check(WORKER, Application("shop", "celery", "/env"), tmp_path, 7.25) is None
    python, (_, *words), place, *rest = asked
    assert (python, place) == (tmp_path / "venvs/one/bin/python", tmp_path / "releases/one")
    assert words == ["shop", "w@%h", json.dumps(["a", "b"]), "7.2"]
    assert rest == ["celery", "/env", 7.25 + worker_question.IMPORTING]
    code = 1
    assert check(WORKER, Application("shop", "celery", "/env"), tmp_path, 7) == Lack(
        "could not be asked", "Oops: no"
    )


# Plays the stack's settings and a worker's answers; the real thing is asked in tests/flow/test_deploy.py.
SETTINGS = """
from kombu import Queue
import celery.app.control as control
stack_queue = Queue
ANSWERS = {answers}
def answered(name):
    def answer(self):
        print("asked", name)
        value = ANSWERS[name].pop(0) if name == "reserved" else ANSWERS[name]
        return None if value is None else {{self.destination[0]: value}}
    return answer
for name in ANSWERS:
    setattr(control.Inspect, name, answered(name))
control.Control.cancel_consumer = lambda self, queue, **_: print("cancelled", queue)
"""
SHOP = """
from celery import Celery
import stack_settings
app = Celery("shop", broker="memory://")
app.conf.task_create_missing_queues = True
@app.task(name="shop.sell")
def sell(): pass
"""
HEALTHY: dict[str, Any] = {
    "active_queues": [{"name": "a"}, {"name": "b"}],
    "registered": ["rabbitry.probe.add", "shop.sell [rate_limit=1/s]"],
    "stats": {"total": {"shop.sell": 1}},
    "reserved": [["one"], ["two"], [], []],
    "active": [],
}


def said(folder: Path, program: str, answers: dict[str, Any]) -> list[str]:
    """What the program prints when it asks a worker with these answers."""
    pytest.importorskip("celery")
    (folder / "stack_settings.py").write_text(SETTINGS.format(answers=repr(answers)))
    (folder / "shop.py").write_text(SHOP)
    source = worker_question.BEGIN + program
    words = [sys.executable, "-c", source, "shop", "w@%h", '["a", "b"]', "1.0"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, {}),
        ({"active_queues": None}, {"lacks": "does not answer", "mute": True}),
        (
            {"active_queues": [{"name": "a"}, {"name": "c"}]},
            {"lacks": "does not consume from queue b", "but": "it consumes from c"},
        ),
        ({"registered": ["shop.buy"]}, {"missing": ["shop.sell"], "strange": ["shop.buy"]}),
    ],
)
def test_the_program_judges_a_workers_answers(
    tmp_path: Path, changed: dict[str, Any], found: dict[str, Any]
) -> None:
    assert json.loads(said(tmp_path, worker_check.PROGRAM, HEALTHY | changed)[-1]) == found


def test_a_worker_takes_no_more_and_finishes_what_it_has(tmp_path: Path) -> None:
    lines = said(tmp_path, worker_drain.PROGRAM, HEALTHY)
    assert lines[:3] == ["asked active_queues", "cancelled a", "cancelled b"]
    assert lines[3:] == ["asked reserved", "asked reserved", "asked reserved", "asked active"]


def test_a_worker_with_long_tasks_is_waited_for_a_while(tmp_path: Path) -> None:
    lines = said(tmp_path, worker_drain.PROGRAM, HEALTHY | {"reserved": [["one"]] * 100})
    assert 2 < lines.count("asked reserved") < 100 and "asked active" not in lines


def test_a_worker_that_does_not_answer_is_left_alone(tmp_path: Path) -> None:
    silent = HEALTHY | {"active_queues": None, "reserved": [None], "active": None}
    assert said(tmp_path, worker_drain.PROGRAM, silent) == [
        "asked active_queues",
        "asked reserved",
        "asked active",
    ]
