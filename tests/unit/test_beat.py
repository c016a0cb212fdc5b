"""Beat: the tick is sent beside the application's own schedule, and a second beat is seen."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

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
    # Another application of the same code, and our own started by hand, which keeps its last runs elsewhere.
    ours, other = "-S rabbitry_beat:scheduler", python.replace("/venv", "/apps/other/venv")
    process(tmp_path, 18, f"{other} -A shop beat -s /var/lib/other/schedule {ours}")
    process(tmp_path, 19, f"{python} -A shop beat -s /tmp/second {ours}")
    process(tmp_path, 20, f"/usr/bin/python3 -m celery -A shop beat {ours}")
    own = [
        "/opt/rabbitry/venv/bin/celery",
        "-A",
        "shop",
        "beat",
        "-s",
        "/var/lib/own/schedule",
        *ours.split(),
    ]
    assert rabbitry_beat.rivals(rabbitry_beat.running(tmp_path), own, own_pid=10) == [11, 12, 19, 20]


def shop(**settings: Any) -> Any:
    """An application whose messages stay in this process."""
    celery = importlib.import_module("celery")
    app = celery.Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.update(settings)
    return app


def sent(app: Any) -> list[dict[str, Any]]:
    """The headers of the messages that wait in the default queue, each taken out."""
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        found = []
        while queue.qsize():
            message = queue.get(block=False)
            message.ack()
            found.append(message.headers)
    return found


def test_the_tick_is_sent_beside_the_schedule_of_the_application(
    rabbitry_beat: ModuleType, tmp_path: Path
) -> None:
    app = shop(beat_schedule={"own": {"task": "shop.sell", "schedule": 60.0}})
    scheduler = rabbitry_beat.scheduler(app, schedule_filename=str(tmp_path / "schedule"))
    delay = scheduler.tick()
    ticks = sent(app)
    assert [message["task"] for message in ticks] == ["rabbitry.probe.tick"]
    assert ticks[0]["expires"]
    # It is no entry of anybody's schedule, and beat wakes up for the next one.
    assert set(scheduler.schedule) == {"own"}
    assert 0 <= delay <= rabbitry_beat.TICK
    scheduler.tick()
    assert sent(app) == []
    scheduler.ticks = 0
    scheduler.tick()
    assert len(sent(app)) == 1
    scheduler.close()


def test_a_schedule_that_is_a_table_gets_no_row_of_ours(rabbitry_beat: ModuleType) -> None:
    beat = importlib.import_module("celery.beat")
    rows: list[str] = []

    class Table(beat.Scheduler):  # type: ignore[misc, name-defined]
        """Writes every entry down, as the schedulers do that keep them in a database."""

        def update_from_dict(self, entries: dict[str, Any]) -> None:
            rows.extend(entries)

    app = shop(beat_scheduler=Table, result_expires=None)
    scheduler = rabbitry_beat.scheduler(app)
    scheduler.tick()
    assert (rows, len(sent(app))) == ([], 1)
    scheduler.close()


def test_a_damaged_schedule_is_replaced(rabbitry_beat: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "schedule").write_bytes(b"this is no database" * 100)
    app = shop(beat_schedule={"own": {"task": "shop.sell", "schedule": 60.0}})
    scheduler = rabbitry_beat.scheduler(app, schedule_filename=str(tmp_path / "schedule"))
    assert "own" in scheduler.schedule
    scheduler.close()
