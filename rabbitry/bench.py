"""The verb `bench`: measures the stack beside a plain script that does the same, on fresh test hosts."""

from __future__ import annotations

import sys

from rabbitry import host
from rabbitry.environment import ROOT
from rabbitry.errors import StackError


def names() -> list[str]:
    """What can be measured: the programs of tests/bench."""
    return sorted(path.stem for path in (ROOT / "tests" / "bench").glob("*.py"))


def bench(name: str = "provision") -> int:
    """Run one measurement on this terminal; its exit code."""
    if name not in names():
        raise StackError(
            f"no measurement `{name}`: there is {', '.join(names())}", f"./inv bench {names()[0]}"
        )
    program = [sys.executable, "-m", f"tests.bench.{name}"]
    return host.call(program, folder=ROOT, environment=host.tools())
