"""The verb `test`: pytest over the suites; what needs test hosts leaves itself out where there are none."""

from __future__ import annotations

import sys

from rabbitry import host
from rabbitry.environment import ROOT
from rabbitry.errors import StackError

# Suites that need nothing but Python; the others start test hosts.
PLAIN = ("unit", "repo")
NO_TESTS_RAN = 5


def suites() -> list[str]:
    """The folders of tests/ that pytest runs, plain ones first; smoke needs a stack and has its own verb."""
    found = sorted(path.name for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py")))
    return [*(name for name in PLAIN if name in found), *(n for n in found if n not in (*PLAIN, "smoke"))]


def test(suite: str = "", verbose: bool = False) -> int:
    """Run one suite whole, or the default choice of all of them; pytest's exit code.

    A suite that was asked for by name is never left out: it fails when its test hosts cannot be started.
    """
    known = suites()
    if suite and suite not in known:
        raise StackError(
            f"no suite `{suite}`: there is {', '.join(f'`{name}`' for name in known)}", "./inv test"
        )
    # By class: the steps of one test host stay together, and two hosts' waiting overlaps.
    arguments = ["--numprocesses=auto", "--dist=loadscope", *(["-vv"] if verbose else [])]
    arguments += ["--require-hosts"] if suite and suite not in PLAIN else []
    # All together run only a choice of what takes long.
    arguments += ["--whole"] if suite else []
    folders = [f"tests/{name}" for name in ([suite] if suite else known)]
    code = host.call(
        [sys.executable, "-m", "pytest", *arguments, *folders], folder=ROOT, environment=host.tools()
    )
    if code == NO_TESTS_RAN:
        raise StackError(f"no test ran in {', '.join(folders)}", "./inv test --verbose")
    return code
