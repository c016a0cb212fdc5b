"""The environment of an image is filled by what fills those of hosts, and by nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.action import containment

from tests.support.repository import ROOT


def test_the_builder_is_complete(tmp_path: Path) -> None:
    place = tmp_path / containment.BUILDER
    place.mkdir(parents=True)
    for name in containment.FILLING:
        (place / f"{name}.py").write_bytes((containment.MODULES / f"{name}.py").read_bytes())
    program = f"import runpy; runpy.run_path({str(ROOT / 'compose/fill.py')!r}, run_name='fill')"
    # Without the packages of this environment, as in an image.
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_part_of_it_is_needed() -> None:
    texts = {name: (containment.MODULES / f"{name}.py").read_text() for name in containment.FILLING}
    texts["fill"] = (ROOT / "compose/fill.py").read_text()
    for name in containment.FILLING:
        assert any(name in text for other, text in texts.items() if other != name), name
