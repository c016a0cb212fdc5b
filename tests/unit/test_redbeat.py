"""Beats of several hosts: where redbeat finds its lock, and which applications cannot have several."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery import celery_settings
from ansible_collections.rabbitry.stack.plugins.plugin_utils.url import sentinel_url

LIB = Path(__file__).resolve().parents[2] / "roles" / "celery_app" / "files" / "lib"
PASSWORD = "p@/:;#%"
URL = sentinel_url(PASSWORD, ["10.0.0.1", "10.0.0.2"], 26379, 3)


@pytest.fixture
def rabbitry_redbeat(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("celery")
    monkeypatch.syspath_prepend(str(LIB))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module("rabbitry_redbeat")


def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **settings: Any) -> Any:
    """An application with the stack's settings, as several Redis make them."""
    shutil.copy(LIB / "stack_settings.py", tmp_path)
    document = json.dumps(celery_settings(["default"], master="stack"))
    (tmp_path / "stack_settings.json").write_text(document, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "stack_settings", raising=False)
    monkeypatch.setenv("CELERY_RESULT_BACKEND", URL)
    from celery import Celery

    app = Celery("shop", set_as_current=False)
    app.config_from_object("stack_settings")
    app.conf.update(settings)
    return app


def test_the_lock_is_where_the_results_are(
    rabbitry_redbeat: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = shop(monkeypatch, tmp_path)
    assert rabbitry_redbeat.configure(app) == {"lock_timeout": 6, "max_interval": 1}
    assert app.conf.redbeat_redis_url == "redis-sentinel://"
    options = app.conf.redbeat_redis_options
    assert options["sentinels"] == [("10.0.0.1", 26379), ("10.0.0.2", 26379)]
    assert (options["password"], options["db"], options["service_name"]) == (PASSWORD, 3, "stack")
    assert options["sentinel_kwargs"]["password"] == PASSWORD


def test_one_redis_is_enough_for_two_beats(
    rabbitry_redbeat: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = shop(monkeypatch, tmp_path)
    monkeypatch.setenv("CELERY_RESULT_BACKEND", "redis://:p@10.0.0.1:6379/0")
    rabbitry_redbeat.configure(app)
    assert app.conf.redbeat_redis_url == "redis://:p@10.0.0.1:6379/0"


def test_a_sentinel_that_is_gone_is_asked_once_and_not_for_a_minute(
    rabbitry_redbeat: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """redis-py tries again ten times by itself, up to ten seconds apart."""
    pytest.importorskip("redis")
    app = shop(monkeypatch, tmp_path)
    pool = app.backend.client.connection_pool
    assert [one.connection_pool.get_connection.__self__ for one in pool.sentinel_manager.sentinels]
    for one in pool.sentinel_manager.sentinels:
        known = one.connection_pool.connection_kwargs
        assert known["retry"] is None and known["socket_connect_timeout"] == 1.0
        assert known["password"] == PASSWORD
    assert pool.service_name == "stack" and pool.connection_kwargs["socket_connect_timeout"] == 1.0
    assert pool.connection_kwargs["db"] == 3 and pool.connection_kwargs["password"] == PASSWORD


def test_a_schedule_that_only_one_beat_can_send_is_refused(
    rabbitry_redbeat: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = "django_celery_beat.schedulers:DatabaseScheduler"
    app = shop(monkeypatch, tmp_path, beat_scheduler=table)
    with pytest.raises(SystemExit, match=f"error: `beat_scheduler` is `{table}`, which knows no other beat"):
        rabbitry_redbeat.scheduler_of(app)


def test_an_application_without_redbeat_is_told_so(
    rabbitry_redbeat: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "redbeat", None)
    with pytest.raises(SystemExit, match="error: beats of several hosts need `celery-redbeat`"):
        rabbitry_redbeat.scheduler_of(shop(monkeypatch, tmp_path))
    monkeypatch.setitem(sys.modules, "redbeat", ModuleType("redbeat"))
    assert rabbitry_redbeat.scheduler_of(shop(monkeypatch, tmp_path)).startswith("redbeat.")
