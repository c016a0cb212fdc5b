"""What a worker's answer means: which sentence, and whether it holds tasks that must not be torn from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import worker_check
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
    assert worker_check.is_worker(WORKER) and not worker_check.is_worker(beat)
    assert worker_check.words_after(WORKER, "-n") == "w@%h" and worker_check.words_after(WORKER, "-A") == ""


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
    monkeypatch.setattr(worker_check, "run", run)
    code = 0
    assert check(WORKER, Application("shop", "celery", "/env"), tmp_path, 7.25) is None
    python, (_, *words), place, *rest = asked
    assert (python, place) == (tmp_path / "venvs/one/bin/python", tmp_path / "releases/one")
    assert words == ["shop", "w@%h", json.dumps(["a", "b"]), "7.2"]
    assert rest == ["celery", "/env", 7.25 + worker_check.IMPORTING]
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
for name, value in ANSWERS.items():
    answer = lambda self, value=value: None if value is None else {{self.destination[0]: value}}
    setattr(control.Inspect, name, answer)
"""
SHOP = """
from celery import Celery
app = Celery("shop", broker="memory://")
app.conf.task_create_missing_queues = True
@app.task(name="shop.sell")
def sell(): pass
"""
HEALTHY: dict[str, Any] = {
    "active_queues": [{"name": "a"}, {"name": "b"}],
    "registered": ["rabbitry.probe.add", "shop.sell [rate_limit=1/s]"],
    "stats": {"total": {"shop.sell": 1}},
    "reserved": [],
}


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
    pytest.importorskip("celery")
    (tmp_path / "stack_settings.py").write_text(SETTINGS.format(answers=repr(HEALTHY | changed)))
    (tmp_path / "shop.py").write_text(SHOP)
    words = [sys.executable, "-c", worker_check.PROGRAM, "shop", "w@%h", '["a", "b"]', "1.0"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout) == found, done.stderr
