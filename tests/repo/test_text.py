"""The habits that every file keeps: what it starts with, how long it is, what it never says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.repository import ROOT, files, python_files, text

LONGEST = 200
# Each with the reason that a reader who wants one needs.
FORBIDDEN = {
    r"\|\| true\b": "a status that nobody sees",
    r"^\s*ignore_errors:": "a failure that nobody sees",
    r"\bskip_list\b": "lint exceptions belong beside the line, with their reason",
    r"\bTODO\b|\bFIXME\b": "unfinished work is written down elsewhere",
    r"\bpypi\.org|\bfiles\.pythonhosted\b|\bregistry-1\.|\bdocker\.io/": "a registry is the machine's choice",
}
THIS = Path("tests/repo/test_text.py")
NOT_PROSE = (".txt", ".lock", ".md")


def readable() -> list[Path]:
    return [path for path in files() if path != THIS and b"\0" not in (ROOT / path).read_bytes()[:2000]]


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_file_says(pattern: str) -> None:
    lines = [
        f"{path}:{number}: {line.strip()}"
        for path in readable()
        if path.suffix not in NOT_PROSE
        for number, line in enumerate(text(path).splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert lines == [], FORBIDDEN[pattern]


def test_python_files_start_with_one_sentence() -> None:
    # Ansible wants a module to start with its documentation: its short_description is that sentence.
    paths = [path for path in python_files("") if path.parts[:2] != ("plugins", "modules")]
    openings = {
        path: (ast.get_docstring(ast.parse(text(path))) or "").split("\n\n")[0]
        for path in paths
        if text(path)
    }
    assert [str(path) for path, opening in openings.items() if not opening.endswith((".", "!", "?"))] == []


def test_python_files_are_short() -> None:
    lengths = {
        path: len(text(path).splitlines()) for path in python_files("plugins/", "rabbitry/", "tests/support/")
    }
    assert [f"{path}: {length}" for path, length in lengths.items() if length > LONGEST] == []


def test_tests_do_not_sleep() -> None:
    paths = [path for path in python_files("tests/") if path.name not in ("wait.py", THIS.name)]
    assert [str(path) for path in paths if re.search(r"\btime\.sleep\(", text(path))] == []


def test_scripts_can_be_run() -> None:
    scripts = [path for path in files() if (ROOT / path).read_bytes()[:2] == b"#!"]
    plain = [str(path) for path in scripts if not (ROOT / path).stat().st_mode & 0o100]
    # What a role copies gets its mode on the host, and Ansible starts a module by its first line.
    assert [name for name in plain if not name.startswith(("roles/", "plugins/modules/"))] == []
