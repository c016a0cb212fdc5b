"""Stand-ins for dnf and rpm on PATH that note their calls and say what a test told them to."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

SCRIPT = """#!{python} -S
import json, sys
from pathlib import Path

root, tool = Path("{root}"), Path(sys.argv[0]).name
words = [word for word in sys.argv[1:] if not word.startswith("--setopt")]
with (root / "calls").open("a") as calls:
    print(tool, *words, file=calls)
for start, code, said in json.loads((root / "answers").read_text()):
    if " ".join([tool, *words]).startswith(start):
        print(said, end="")
        sys.exit(code)
"""


class FakeDnf:
    """A host below `root` whose dnf and rpm answer by the start of what they are asked."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.answers: list[tuple[str, int, str]] = []
        (root / "bin").mkdir()
        for tool in ("dnf", "rpm"):
            path = root / "bin" / tool
            path.write_text(SCRIPT.format(python=sys.executable, root=root))
            path.chmod(0o755)
        self.answer("dnf --version", 0, "")
        monkeypatch.setenv("PATH", str(root / "bin"), prepend=os.pathsep)

    def answer(self, start: str, code: int, said: str) -> None:
        """What calls that begin like this print, and how they end; what was told last counts first."""
        self.answers.insert(0, (start, code, said))
        (self.root / "answers").write_text(json.dumps(self.answers))

    @property
    def calls(self) -> list[str]:
        """Every call so far, without `--setopt`."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []
