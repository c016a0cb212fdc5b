"""Collecting: side by side, a section that fails or hangs is told, and no secret leaves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import evidence, evidence_logs
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

from tests.unit.stack_document import SECRETS, document


@pytest.fixture
def question() -> Question:
    return Question(document(), SECRETS, "localhost")


def test_a_section_that_fails_or_hangs_is_told_and_the_others_stay(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "DEADLINE", 2.0)
    never = threading.Event()

    def broken(_: Question) -> Any:
        raise OSError(f"cannot read with {SECRETS['app']}")

    def hangs(_: Question) -> Any:
        never.wait(30)

    found = evidence.collect(
        question, {"good": lambda _: {"a": SECRETS["redis"]}, "bad": broken, "slow": hangs}
    )
    never.set()
    assert found["sections"] == {"good": {"a": "***"}}
    assert found["faults"] == {"bad": "OSError: cannot read with ***", "slow": "took longer than 2 s"}
    assert found["host"] == "localhost"
    assert found["schema"] == evidence.SCHEMA


def test_sections_are_collected_side_by_side(question: Question) -> None:
    meeting = threading.Barrier(2, timeout=10)
    found = evidence.collect(question, {name: lambda _: meeting.wait() >= 0 for name in ("one", "two")})
    assert found["sections"] == {"one": True, "two": True}


def test_the_question_knows_this_host(question: Question) -> None:
    assert question.runs("redis-server") and not question.runs("nginx")
    assert question.login("app") == ("app", SECRETS["app"])


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23T18:00:00+0000 web1 celery[12]: up",
        "2026-11-23 18:00:00.123456+00:00 [info] <0.1.0> accepting",
        "2026-11-23T18:00:00Z web1 redis",
    ],
)
def test_times_with_a_zone_are_read(line: str) -> None:
    assert evidence_logs.time_of(line) == 1795456800


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("[2026-11-23 18:00:00,123: INFO/MainProcess] x", "[2026-11-23 18:00:01,123: INFO/MainProcess] x"),
        ("12:M 23 Nov 2026 18:00:00.730 * saved", "12:M 23 Nov 2026 18:00:01.730 * saved"),
        ("[I 261123 18:00:00 command:168] Visit", "[I 261123 18:00:01 command:168] Visit"),
    ],
)
def test_local_times_are_read(line: str, other: str) -> None:
    first, second = evidence_logs.time_of(line), evidence_logs.time_of(other)
    assert first is not None and second == first + 1


def test_what_was_said_before_is_no_evidence() -> None:
    lines = [
        "without a time",
        "2026-11-23 17:59:59+00:00 old",
        "  its traceback",
        "2026-11-23 18:00:01+00:00 new",
        "  its traceback",
    ]
    assert evidence_logs.since(lines, 1795456800.0) == lines[3:]
    assert evidence_logs.since(lines, 1795456802.0) == []


def test_a_ledger_elsewhere_can_be_asked(tmp_path: Path) -> None:
    assert Question(document(), SECRETS, "localhost", tmp_path).ledgers == tmp_path


@pytest.mark.parametrize(("instants", "looks"), [(0, 1), (2, 3), (9, evidence.LOOKS)])
def test_a_unit_that_is_just_tried_again_is_looked_at_once_more(
    question: Question, monkeypatch: pytest.MonkeyPatch, instants: int, looks: int
) -> None:
    """For `instants` looks systemd has forgotten why the last attempt failed."""
    seen: list[object] = []

    def services(names: object) -> dict[str, Any]:
        seen.append(names)
        trying = len(seen) <= instants
        state, reason = ("starting", "") if trying else ("crashing", "exit status 1")
        return {"stack-flower": {"state": state, "reason": reason, "restarts": 3}}

    monkeypatch.setattr(evidence.pulse, "services", services)
    monkeypatch.setattr(evidence, "PAUSE", 0)
    found = evidence.SECTIONS["pulse"](question)
    assert len(seen) == looks
    assert found["services"]["stack-flower"]["reason"] == ("exit status 1" if instants < 9 else "")


def test_what_is_printed_for_each_task_and_connection_hides_no_trouble() -> None:
    busy = [
        "[2026-11-23 22:03:17,820: INFO/MainProcess] Task sample.tasks.add[5e70] received",
        "[2026-11-23 22:03:17,831: INFO/ForkPoolWorker-2] Task sample.tasks.add[5e70] succeeded in 0.002s",
        "2026-11-23 22:03:17.97 [info] <0.990.0> accepting AMQP connection 127.0.0.1:40196 -> 127.0.0.1:5672",
        "2026-11-23 22:03:17.98 [info] <0.990.0> connection 127.0.0.1:40196 -> 127.0.0.1:5672: user 'app' "
        "authenticated and granted access to vhost 'app'",
    ]
    trouble = [
        "[2026-11-23 22:02:10,100: ERROR/MainProcess] Received unregistered task of type 'x'.",
        "KeyError: 'x'",
    ]
    assert evidence_logs.telling(trouble + busy * 200) == trouble
    assert len(evidence_logs.telling(["a line"] * 500)) == evidence_logs.LINES


def test_a_service_that_runs_tells_of_the_last_hour(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1795460400.0
    lines = ["2026-11-23T17:30:00Z web1 old", "2026-11-23T18:30:00Z web1 new"]
    for running, expected in ((True, lines[1:]), (False, lines)):
        state = {"running": running, "since": now - 86400}
        monkeypatch.setattr(
            evidence_logs.supervisor, "states", lambda names, _, s=state: dict.fromkeys(names, s)
        )
        monkeypatch.setattr(evidence_logs.supervisor, "logs", lambda *_: list(lines))
        monkeypatch.setattr(evidence_logs.time, "time", lambda: now)
        assert evidence_logs.collect(question)["stack-beat"] == expected
