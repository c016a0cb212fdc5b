"""What the terminal shows: errors with hints, phases, tables, without colours when nobody looks."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO, cast

import pytest

from rabbitry import report, summary
from rabbitry.environment import Environment
from rabbitry.errors import Fault, StackError
from rabbitry.events import Play, Result, Task
from rabbitry.model import Stack
from rabbitry.progress import Phase, Phases
from tests.unit.test_model import STACK

Capture = pytest.CaptureFixture[str]


def result(status: str = "ok", **more: object) -> Result:
    facts: dict[str, object] = {"msg": "", "hint": "", "log": (), "faults": ()} | more
    return Result(host="web1", task="Place files", status=status, seconds=0.2, **facts)  # type: ignore[arg-type]


def test_an_error_is_message_empty_line_hint(capsys: Capture) -> None:
    report.failure(StackError("port 5672 of web1 is held by nginx (pid 7)", "systemctl stop nginx"))
    assert capsys.readouterr().err == (
        "error: port 5672 of web1 is held by nginx (pid 7)\n\nhint: systemctl stop nginx\n"
    )


def test_the_log_of_what_failed_stands_before_the_hint(capsys: Capture) -> None:
    report.failure(StackError("stack-beat does not start on web1", "./inv logs stack-beat", ["one", "two"]))
    assert capsys.readouterr().err == (
        "error: stack-beat does not start on web1\n\n  one\n  two\n\nhint: ./inv logs stack-beat\n"
    )


def test_all_faults_are_shown_at_once(capsys: Capture) -> None:
    report.failure(StackError.of([Fault("a is wrong", "cure a"), Fault("b is wrong")]))
    assert capsys.readouterr().err == "error: a is wrong\n\nhint: cure a\n\nerror: b is wrong\n\n2 faults\n"


def test_a_warning_follows_an_empty_line(capsys: Capture) -> None:
    report.warnings([Fault("`A` has no effect", "rename it"), Fault("b")])
    assert capsys.readouterr().err == "\nwarning: `A` has no effect\n\nhint: rename it\n\nwarning: b\n"


def test_phases_are_lines_with_times(capsys: Capture) -> None:
    with report.progress() as progress:
        for event in (
            Play("Broker"),
            Task("Install", "rabbitmq"),
            result(),
            result("changed"),
            Play("Nobody"),
        ):
            progress.hear(event)
        with pytest.raises(StackError), progress.step("Proof"):
            raise StackError("no")
    assert capsys.readouterr().err.splitlines() == [
        "+ Broker                      0.0 s  1 changed",
        "x Proof                       0.0 s  failed",
    ]


def test_a_failed_result_is_shown_as_it_comes(capsys: Capture) -> None:
    with report.progress() as progress:
        for event in (Play("Broker"), Task("Install", ""), result("failed")):
            progress.hear(event)
    assert "failed        0.2 s  web1: Place files" in capsys.readouterr().err


def test_a_phase_lasts_until_the_next_begins() -> None:
    times = iter([10.0, 12.5, 12.5])
    seen: list[Phase] = []
    phases = Phases(seen.append, lambda: next(times))
    for event in (Play("One"), result(), result("skipped"), Play("Two")):
        phases.hear(event)
    assert [(phase.name, phase.seconds, phase.results) for phase in seen] == [("One", 2.5, 1)]


def test_an_untouched_phase_says_so() -> None:
    assert str(Phase("Broker", 0.0, 1.25)) == "= Broker                      1.2 s  as it should be"


def test_tables_are_aligned(capsys: Capture) -> None:
    report.table([("a", "bb"), ("ccc", "d")], ("x", "y"))
    assert capsys.readouterr().out == "x    y\na    bb\nccc  d\n"


def test_colours_need_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    stream = cast(TextIO, Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert report.paint("x", "red", stream) == "\033[31mx\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert report.paint("x", "red", stream) == "x"


def test_without_a_terminal_nobody_consents() -> None:
    assert report.confirm("Remove all?") is False


def test_the_summary_tells_where_and_how_to_see_passwords(capsys: Capture, tmp_path: Path) -> None:
    environment = Environment("staging", tmp_path / "inventory" / "staging.yml", tmp_path)
    summary.show(environment, Stack.from_data(STACK), tmp_path / "site.log")
    out = capsys.readouterr().out
    assert "AMQP        amqp://127.0.0.1:5672/a%2Fb%20c  app     ./inv secrets app --env staging" in out
    assert "management  http://[::1]:15672/" in out
    assert "./inv smoke --env staging" in out and str(tmp_path / "site.log") in out
