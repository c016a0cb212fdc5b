"""What an application tells of itself: asked in a process of its own, here without a broker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence_app
from ansible_collections.rabbitry.stack.plugins.module_utils.envfile import environment_file
from ansible_collections.rabbitry.stack.plugins.module_utils.evidence_app_program import PROGRAM
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

from tests.unit.stack_document import SECRETS, document

# Nobody listens on port 1.
BROKER, BACKEND = "amqp://app:pa%23ss@127.0.0.1:1/app", "redis://:pa%23ss@127.0.0.1:1/0"
SOURCE = f"""
from celery import Celery
print("an application that talks")
app = Celery("shop", broker={BROKER!r}, backend={BACKEND!r})
nightly = {{"task": "shop.gone", "schedule": 60, "options": {{"queue": "slow"}}}}
app.conf.beat_schedule = {{"nightly": nightly}}
app.conf.task_routes = {{"shop.pay": {{"queue": "urgent"}}}}
@app.task(name="shop.pay")
def pay(): pass
"""


def ask(directory: Path, source: str, name: str = "shop", **environment: str) -> dict[str, Any]:
    (directory / f"{name}.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "shop", "default"],
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=directory, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return evidence_app.read(done.stdout, done.stderr, "shop")


def test_an_application_tells_what_it_uses_without_a_password(tmp_path: Path) -> None:
    told = ask(tmp_path, SOURCE)
    assert told["error"] == "" and told["main"] == "shop" and told["shadows"] == []
    assert told["broker"] == "amqp://app:**@127.0.0.1:1/app"
    assert told["backend"] == "redis://:**@127.0.0.1:1/0"
    assert told["tasks"] == ["shop.pay"]
    assert told["schedule"] == {"nightly": "shop.gone"}
    assert told["sends_to"] == ["celery", "slow", "urgent"]
    assert "Connection refused" in told["broker_error"]
    assert "Connection refused" in told["backend_error"]
    assert "nodes" not in told
    assert "pa%23ss" not in str(told) and "pa#ss" not in str(told)


def test_characters_that_end_a_password_are_told(tmp_path: Path) -> None:
    told = ask(tmp_path, SOURCE, CELERY_BROKER_URL="amqp://app:p/a#ss@127.0.0.1:1/app")
    assert told["variables"]["CELERY_BROKER_URL"] == {
        "url": "amqp://app:**@127.0.0.1:1/app",
        "unquoted": ["#", "/"],
    }
    several = "amqp://app:pw@q1:1/app;amqp://app:pw@q2:1/app"
    assert (
        ask(tmp_path, SOURCE, CELERY_BROKER_URL=several)["variables"]["CELERY_BROKER_URL"]["unquoted"] == []
    )
    assert "'p'" not in told["error"]
    assert told["variables"]["CELERY_RESULT_BACKEND"] == {"url": "", "unquoted": []}


def test_the_urls_of_a_cluster_are_no_characters_of_a_password(tmp_path: Path) -> None:
    nodes = "amqp://app:pa%23ss@one:1/app;amqp://app:pa%23ss@two:1/app"
    told = ask(tmp_path, SOURCE, CELERY_BROKER_URL=nodes)
    assert told["variables"]["CELERY_BROKER_URL"]["unquoted"] == []
    assert "pa%23ss" not in str(told)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        ("raise SystemExit", "SystemExit"),
        ("x = 1", "AttributeError: module 'shop' has no attribute 'celery'"),
    ],
)
def test_why_an_application_cannot_be_imported_is_told(tmp_path: Path, source: str, error: str) -> None:
    assert error in ask(tmp_path, source)["error"]


def test_a_file_that_hides_a_package_is_told(tmp_path: Path) -> None:
    told = ask(tmp_path, "", name="celery")
    assert told["shadows"] == [str(tmp_path / "celery.py")]
    assert told["error"]


def test_mixed_names_of_settings_are_told(tmp_path: Path) -> None:
    settings = "app.conf.update(CELERYD_CONCURRENCY=2, task_acks_late=True)\n"
    source = f"from celery import Celery\napp = Celery('shop')\n{settings}"
    told = ask(tmp_path, source)
    assert "Cannot mix new" in told["error"]
    assert told["mixed"] == ["`CELERYD_CONCURRENCY` (shop.py:3) is `worker_concurrency`"]


def test_settings_without_effect_are_told(tmp_path: Path) -> None:
    config = (
        "app.config_from_object(type('Conf', (), dict(result_expires=5, CELERY_TASK_RESULT_EXPIRES=6)))\n"
    )
    assert ask(tmp_path, SOURCE)["ignored"] == []
    (said,) = ask(tmp_path, SOURCE + config)["ignored"]
    assert "`CELERY_TASK_RESULT_EXPIRES` (shop.py:10) of `shop` has no effect" in said


def test_silence_is_a_fault() -> None:
    assert evidence_app.read("", "no such\nlast word\n") == {"fault": "last word"}
    assert evidence_app.read("", "") == {"fault": "the application gave no word"}


def test_a_host_without_its_python_says_so(tmp_path: Path) -> None:
    stack = document()
    stack["apps"][0]["home"] = str(tmp_path)
    name = next(one["name"] for one in stack["hosts"] if any("stack-" in s["name"] for s in one["services"]))
    assert evidence_app.collect(Question(stack, SECRETS, name)) == {
        "app": {"fault": f"`{tmp_path}/venv/bin/python` is not there"}
    }


def test_the_application_s_own_secrets_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"SHOP_API_KEY": 'a"b$c `d', "DATABASE_PASSWORD": "two words", "LOG_LEVEL": "INFO"}
    (tmp_path / "celery.env").write_text(environment_file(values))
    definition = {"environment_file": str(tmp_path / "celery.env")}
    monkeypatch.setattr(evidence_app, "_definition", lambda _: definition)
    question = Question(document(), SECRETS, "localhost")
    assert evidence_app.private(question) == ['a"b$c `d', "two words"]
    monkeypatch.setattr(evidence_app, "_definition", lambda _: {})
    assert evidence_app.private(question) == []
