"""The command line: a bare word names a service, errors become exit codes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from invoke.context import Context

from rabbitry.errors import StackError
from rabbitry.verb import named, verb


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["logs", "redis-server", "-f"], ["logs", "--service=redis-server", "-f"]),
        (["logs", "--lines", "5", "redis"], ["logs", "--lines", "5", "--service=redis"]),
        (["logs", "-f", "redis"], ["logs", "-f", "--service=redis"]),
        (["restart", "--env=staging", "beat"], ["restart", "--env=staging", "--service=beat"]),
        (["secrets", "app", "-e", "staging"], ["secrets", "--name=app", "-e", "staging"]),
        (["new", "app", "shop"], ["new", "--what=app shop"]),
        (["up", "--check"], ["up", "--check"]),
        ([], []),
    ],
)
def test_a_bare_word_is_the_name(words: list[str], meant: list[str]) -> None:
    assert named(words) == meant


def test_an_error_is_shown_and_ends_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    @verb
    def fails(context: Context) -> None:
        raise StackError("no", "cure", exit_code=3)

    with pytest.raises(SystemExit) as caught:
        fails(Context())
    assert caught.value.code == 3
    assert capsys.readouterr().err == "error: no\n\nhint: cure\n"


def test_a_verdict_is_the_exit_code() -> None:
    @verb
    def refuses(context: Context) -> int:
        return 1

    @verb
    def agrees(context: Context) -> int:
        return 0

    agrees(Context())
    with pytest.raises(SystemExit) as caught:
        refuses(Context())
    assert caught.value.code == 1


WAITING = """
import subprocess, sys, types
from rabbitry.verb import start, verb

@verb
def wait(context):
    \"\"\"Wait for somebody.\"\"\"
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        # Whoever reads this may end us at once.
        print(child.pid, flush=True)
        child.wait()
    finally:
        child.kill()
        child.wait()

tasks = types.ModuleType("tasks")
tasks.wait = wait
sys.argv = ["inv", "wait"]
start(tasks)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_verb_that_is_ended_ends_what_it_began(number: signal.Signals) -> None:
    command = [sys.executable, "-c", WAITING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "interrupted\n")
    assert not Path(f"/proc/{child}").exists()
