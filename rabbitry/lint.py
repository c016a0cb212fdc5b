"""The verb `lint`: every linter runs, all that they say is reported, any failure fails."""

from __future__ import annotations

import time
from pathlib import Path

from rabbitry import host, report
from rabbitry.environment import ROOT

PLUGINS = "ansible_collections.rabbitry.stack.plugins"


def commands(root: Path = ROOT) -> dict[str, list[str]]:
    """What is run, by the name under which it is reported."""
    return {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy", "tasks.py", "rabbitry"],
        "mypy plugins": ["mypy", "--package", PLUGINS],
        "shellcheck": ["shellcheck", *shell_scripts(root)],
        "yamllint": ["yamllint", "--strict", "--config-file", ".config/yamllint.yml", "."],
        "ansible-lint": ["ansible-lint", "--offline", "--config-file", ".config/ansible-lint.yml"],
    }


def lint() -> int:
    """Run all of them; 0 when nobody complained, otherwise 1."""
    failed = []
    for name, argv in commands().items():
        began = time.monotonic()
        answer = host.run(argv, folder=ROOT, environment={**host.tools(), "NO_COLOR": "1"})
        seconds = time.monotonic() - began
        if answer.code:
            failed.append(name)
            report.line("\n".join(answer.lines))
        mark = report.paint("x", "red") if answer.code else report.paint("+", "green")
        report.line(f"{mark} {name:<13} {seconds:5.1f} s")
    if failed:
        report.line(f"{len(failed)} of {len(commands())} linters complain: {', '.join(failed)}")
    return 1 if failed else 0


def shell_scripts(root: Path) -> list[str]:
    """Every file of the repository that starts with the line of a POSIX shell or bash, relative to `root`."""
    tracked = host.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], folder=root)
    return [name for name in tracked.output.splitlines() if _is_shell(root / name)]


def _is_shell(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as stream:
        first = stream.readline(80)
    return first.startswith(b"#!") and first.split()[0].rpartition(b"/")[2] in (b"sh", b"bash")
