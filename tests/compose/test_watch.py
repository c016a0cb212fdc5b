"""`up --watch`: what a developer changes is what workers run, without another image."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.contained import Contained
from tests.support.repository import ROOT
from tests.support.wait import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.long]


@pytest.fixture
def live(images: None, tmp_path: Path) -> Iterator[Contained]:
    shutil.copytree(ROOT / "roles/celery_app/files/sample", tmp_path / "code")
    stack = Contained.write(tmp_path / "inventory", stack_app_source=str(tmp_path / "code"))
    try:
        yield stack
    finally:
        stack.forget()


def test_a_changed_file_is_run_after_a_restart(live: Contained, tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "tasks.py"), "up", "-i", str(live.inventory)]
    output = tmp_path / "output"
    with output.open("w") as stream:
        process = subprocess.Popen(
            [*words, "--on", "compose", "--watch"], stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: "watching" in output.read_text(), 600, "it watches")
        tasks = tmp_path / "code/sample/tasks.py"
        tasks.write_text(
            tasks.read_text()
            + '\n\n@shared_task(name="sample.fresh")\ndef fresh() -> str:\n    return "new"\n'
        )
        wait_until(lambda: "sample/tasks.py: restarting" in output.read_text(), 60, "the change is seen")
        client = live.clients().celery
        result = client.send_task("sample.fresh", queue="default")
        assert result.get(timeout=60) == "new"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    assert live.containers()["stack-worker-default"]["State"]["Status"] == "running"
