"""The repository as a set of files: what git would commit here, and the parts that tests talk about."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BINARY = (".png", ".jpg")


@functools.cache
def files() -> tuple[Path, ...]:
    """List the files that are committed or would be, relative to the root; ignored ones are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30).stdout.decode()
    names = sorted(dict.fromkeys(filter(None, listed.split("\0"))))
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    """List the Python files below `folders`, relative to the root."""
    return [path for path in files() if path.suffix == ".py" and str(path).startswith(folders)]


def text(path: Path | str) -> str:
    """Return a file's text."""
    return (ROOT / path).read_text(encoding="utf-8")


def load(path: Path | str) -> Any:
    """Return a YAML file's document."""
    return yaml.safe_load(text(path))


def roles() -> list[str]:
    """Name the roles."""
    return sorted({path.parts[1] for path in files() if path.parts[0] == "roles"})


def options(role: str) -> dict[str, dict[str, Any]]:
    """Return the options of a role's argument spec, in its order."""
    found: dict[str, dict[str, Any]] = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"][
        "main"
    ]["options"]
    return found
