"""Asks a running stack to keep the promises of tests/smoke, in this process, and listens to pytest."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rabbitry.environment import ROOT, Environment
from rabbitry.model import Stack
from rabbitry.promise import Promise

TESTS = ROOT / "tests" / "smoke"
OVERALL, FURTHER = 45.0, 25.0


def smoke(
    environment: Environment,
    *,
    junit: str = "",
    ways: Mapping[str, tuple[str, int]] | None = None,
    pythons: Mapping[str, Sequence[str]] | None = None,
    overall: float = OVERALL,
    only: Sequence[str] = (),
    tell: Callable[[Promise], None] = lambda _: None,
) -> list[Promise]:
    """Try every promise of tests/smoke on the stack of `environment`, in this process.

    `tell` is called with each promise as soon as it is known; `only` are parts of the names of those to try,
    none for all; `junit` names a file for a JUnit report; `ways`
    as for Clients; `pythons` run Python on remote hosts; after `overall` seconds, and 25 more for each
    application but the first, nothing more is tried. A
    failure to ask at all is a promise that is not kept; StackError when there is no stack.json.
    """
    # Every further application has promises of its own.
    overall += (len(Stack.load(environment.stack).apps) - 1) * FURTHER
    listener = _Listener(tell, environment.option)
    without = [f"-pno:{name}" for name in ("cacheprovider", "terminal", "logging", "faulthandler")]
    arguments = [
        *("-c", str(TESTS / "pytest.ini"), "-s", *without),
        *("--state", str(environment.state), f"--overall={overall}"),
        *(f"--way={name}={host}:{port}" for name, (host, port) in (ways or {}).items()),
        *(f"--python={name}={shlex.join(words)}" for name, words in (pythons or {}).items()),
        *([f"--junitxml={Path(junit).resolve()}"] if junit else []),
        *(["-k", " or ".join(only)] if only else []),
        str(TESTS),
    ]
    noise = io.StringIO()
    # Libraries that print are not heard: with --json the output must be one document.
    with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise), _without_options_of_others():
        code = pytest.main(arguments, plugins=[listener])
    _let_go()
    if not listener.promises or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        said = [line for line in noise.getvalue().splitlines() if line.strip()]
        listener.add(
            Promise(
                name="smoke runs",
                kept=False,
                seconds=0.0,
                cause=f"pytest ended with {code}: {said[-1] if said else 'it collected no promise'}",
                details=noise.getvalue(),
            )
        )
    return listener.promises


@contextlib.contextmanager
def _without_options_of_others() -> Iterator[None]:
    """Hide PYTEST_ADDOPTS: what its owner wants of his own tests may be unknown here."""
    options = os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        yield
    finally:
        if options is not None:
            os.environ["PYTEST_ADDOPTS"] = options


def _let_go() -> None:
    """Free the last failure's frames, which pytest keeps: Celery's results must not outlive its modules."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    gc.collect()


class _Listener:
    """A pytest plugin that turns reports into promises."""

    def __init__(self, tell: Callable[[Promise], None], option: str) -> None:
        self.tell = tell
        self.option = option
        self.streams = sys.stdout, sys.stderr
        self.promises: list[Promise] = []

    def add(self, promise: Promise) -> None:
        self.promises.append(promise)
        out, err = self.streams
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self.tell(promise)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            cause = report.longreprtext.strip().splitlines()[-1]
            self.add(
                Promise(
                    name=f"{report.nodeid} loads",
                    kept=False,
                    seconds=0.0,
                    cause=cause,
                    details=report.longreprtext,
                )
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        if report.skipped:
            # What the stack does not have (no beat, no Flower) promises nothing.
            return
        said = dict(report.user_properties)
        cause = str(said.get("cause", "")) or _first_line(report)
        self.add(
            Promise(
                name=sentence(report.nodeid),
                kept=report.passed,
                seconds=report.duration,
                tried=not cause.startswith("not tried"),
                cause="" if report.passed else cause,
                service=str(said.get("service", "")),
                hint=self._pasteable(str(said.get("hint", ""))),
                details="" if report.passed else report.longreprtext,
            )
        )

    def _pasteable(self, hint: str) -> str:
        """A hint that means this environment too."""
        return hint + self.option if hint.startswith("./inv ") else hint


def _first_line(report: pytest.TestReport) -> str:
    if report.passed:
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext
    return str(text).strip().splitlines()[0] if str(text).strip() else "unknown"


def sentence(nodeid: str) -> str:
    """A test's identifier as a sentence: `…::test_a_worker_takes_tasks[x]` → `a worker takes tasks: x`."""
    name = nodeid.rpartition("::")[2]
    name, _, parameter = name.partition("[")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words}: {parameter.removesuffix(']')}" if parameter else words


def as_json(promises: list[Promise], env: str, seconds: float) -> str:
    """The verdict for machines: {"schema", "env", "kept": bool, "seconds", "promises": [...]}."""
    verdict = {
        "schema": 1,
        "env": env,
        "kept": all(promise.kept for promise in promises),
        "seconds": round(seconds, 3),
        "promises": [promise.as_dict() for promise in promises],
    }
    return json.dumps(verdict, indent=2)
