"""Where the probes' results go: to the stack's Redis, also when the application keeps its own elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LIB = Path(__file__).resolve().parents[2] / "roles" / "celery_app" / "files" / "lib"
PROGRAM = """
import json
from celery import Celery
import rabbitry_probe
app = Celery("shop")
@app.task(name="shop.sell")
def sell(): pass
app.finalize()
def at(task):
    return type(task.backend).__name__ + " " + str(getattr(task.backend, "url", ""))
probe = app.tasks["rabbitry.probe.add"]
assert probe(2, 3) == 5 and probe.backend is app.tasks["rabbitry.probe.total"].backend
print(json.dumps({"own": at(sell), "probe": at(probe), "one": sell.backend is probe.backend}))
"""
REDIS = "redis://:pw@127.0.0.1:1/0"


def ask(**environment: str) -> dict[str, object]:
    pytest.importorskip("celery")
    words = [sys.executable, "-c", PROGRAM]
    known = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(LIB), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(words, env=known, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_probes_are_as_other_tasks_where_the_stack_s_redis_has_all_results() -> None:
    found = ask(CELERY_RESULT_BACKEND=REDIS)
    assert found["one"] and str(found["own"]).startswith("RedisBackend")


@pytest.mark.parametrize("own", ["cache+memory://", ""])
def test_probes_keep_redis_where_the_application_uses_another(own: str) -> None:
    found = ask(CELERY_RESULT_BACKEND=own, RABBITRY_RESULT_BACKEND=REDIS)
    assert str(found["probe"]).startswith("RedisBackend")
    assert not found["one"] and not str(found["own"]).startswith("RedisBackend")
