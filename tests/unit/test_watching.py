"""What `up --watch` sees: files that are new, gone or changed, and nothing that tools write beside code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from rabbitry.environment import Environment
from rabbitry.watching import differing, look, sources


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "app/__pycache__").mkdir(parents=True)
    (tmp_path / "app/tasks.py").write_text("one", encoding="utf-8")
    return tmp_path


def test_nothing_differs_without_a_change(code: Path) -> None:
    assert differing(look(code), look(code)) == []


def test_new_changed_and_missing_files_are_seen(code: Path) -> None:
    before = look(code)
    os.utime(code / "app/tasks.py", ns=(1, 1))
    (code / "app/new.py").touch()
    assert differing(before, look(code)) == [code / "app/new.py", code / "app/tasks.py"]
    (code / "app/new.py").unlink()
    assert code / "app/new.py" not in look(code)


@pytest.mark.parametrize("name", ["__pycache__/tasks.cpython-313.pyc", ".tasks.py.swp", "tasks.py~"])
def test_what_tools_write_is_not_code(code: Path, name: str) -> None:
    before = look(code)
    (code / "app" / name).touch()
    assert differing(before, look(code)) == []


def test_the_mounted_code_and_who_runs_it_stand_in_programs(tmp_path: Path) -> None:
    environment = Environment("local", tmp_path / "local.yml", tmp_path)
    (environment.state / "compose").mkdir(parents=True)
    mounts = ["./files/x:/etc/rabbitry:ro", f"{tmp_path}:/opt/rabbitry/current:ro"]
    document = {
        "services": {
            "stack-worker-default": {"volumes": mounts},
            "stack-worker-default-more": {"volumes": mounts, "profiles": ["workers"]},
            "stack-flower": {"volumes": mounts[:1]},
        }
    }
    (environment.state / "compose/programs.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert sources(environment) == {tmp_path: ["stack-worker-default"]}
