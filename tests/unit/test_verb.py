"""The command line: a bare word names a service, errors become exit codes."""

from __future__ import annotations

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
