"""Beat: the tick is added to the application's own schedule, and a second beat is seen."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

LIB = Path(__file__).resolve().parents[2] / "roles" / "celery_app" / "files" / "lib"


@pytest.fixture
def rabbitry_beat(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("celery")
    monkeypatch.syspath_prepend(str(LIB))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module("rabbitry_beat")


def process(proc: Path, pid: int, command: str, pids: str = "") -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cmdline").write_bytes(command.replace(" ", "\0").encode() + b"\0")
    (proc / str(pid) / "status").write_text(f"Name:\tcelery\nNSpid:\t{pids or pid}\n")


def test_only_another_beat_of_the_same_application_is_a_rival(
    rabbitry_beat: ModuleType, tmp_path: Path
) -> None:
    python = "/opt/rabbitry/venv/bin/python /opt/rabbitry/venv/bin/celery"
    process(tmp_path, 10, f"{python} -A shop beat -l INFO")
    process(tmp_path, 11, f"{python} --app=shop beat")
    process(tmp_path, 12, "/usr/bin/celery -A shop worker -B")
    process(tmp_path, 13, f"{python} -A shop worker -l INFO")
    process(tmp_path, 14, f"{python} -A other beat")
    process(tmp_path, 15, f"{python} -A shop beat", pids="15\t1")
    process(tmp_path, 16, "/usr/bin/vim -A shop beat")
    (tmp_path / "17").mkdir()
    # Another application of the same code, and our own started by hand.
    process(tmp_path, 18, f"{python} -A shop beat -s /var/lib/other/schedule -S rabbitry_beat:scheduler")
    process(tmp_path, 19, f"{python} -A shop beat -s /var/lib/own/schedule -S rabbitry_beat:scheduler")
    own = ["celery", "-A", "shop", "beat", "-s", "/var/lib/own/schedule", "-S", "rabbitry_beat:scheduler"]
    assert rabbitry_beat.rivals(rabbitry_beat.running(tmp_path), own, own_pid=10) == [11, 12, 19]


def test_the_tick_joins_the_schedule_of_the_application(rabbitry_beat: ModuleType, tmp_path: Path) -> None:
    celery = importlib.import_module("celery")
    app = celery.Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.beat_schedule = {"own": {"task": "shop.sell", "schedule": 60.0}}
    scheduler = rabbitry_beat.scheduler(app, schedule_filename=str(tmp_path / "schedule"))
    assert {"own", "rabbitry-tick"} <= set(scheduler.schedule)
    assert scheduler.schedule["rabbitry-tick"].task == "rabbitry.probe.tick"
    scheduler.close()


def test_a_damaged_schedule_is_replaced(rabbitry_beat: ModuleType, tmp_path: Path) -> None:
    celery = importlib.import_module("celery")
    (tmp_path / "schedule").write_bytes(b"this is no database" * 100)
    app = celery.Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
    scheduler = rabbitry_beat.scheduler(app, schedule_filename=str(tmp_path / "schedule"))
    assert "rabbitry-tick" in scheduler.schedule
    scheduler.close()
