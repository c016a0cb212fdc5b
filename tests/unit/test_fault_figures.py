"""What a ledger of tasks comes to, and the page that shows it."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.faults.figures import ONCE, Fault, Ledger, figures, rate
from tests.faults.page import page, plot

PLAIN = "ledger.tasks.plain"
FAULT = Fault("kill -9 of the <queue's> leader", 100.0, 103.0, 120.0)


def line(event: str, at: float, name: str, task: str = PLAIN) -> str:
    return json.dumps({"event": event, "at": at, "id": name, "task": task})


def steady(silent: tuple[float, float] = (0, 0)) -> Ledger:
    """Ten tasks a second from 90 to 120, each ended 0.05 s after it was confirmed, none while `silent`."""
    ledger = Ledger()
    for number in range(300):
        at = 90 + number / 10
        if not silent[0] <= at < silent[1]:
            ledger.read([line("sent", at, f"{number}"), line("confirmed", at, f"{number}")])
            ledger.read([line("started", at, f"{number}"), line("finished", at + 0.05, f"{number}")])
    return ledger


def test_a_steady_stream_has_no_gap_and_needs_no_recovery() -> None:
    found = figures(steady(), FAULT)
    assert (found.confirmed, found.lost, found.repeated, found.recovery) == (200, 0, 0, 0.0)
    assert found.gap == pytest.approx(0.1)


def test_silence_is_a_gap_and_recovery_ends_with_it() -> None:
    found = figures(steady(silent=(101, 105)), FAULT)
    assert found.gap == pytest.approx(4.1)
    assert found.confirm_gap == pytest.approx(4.1)
    assert found.recovery == pytest.approx(5.05)


def test_silence_to_the_end_counts() -> None:
    assert figures(steady(silent=(101, 200)), FAULT).gap == pytest.approx(19.05)


def test_a_confirmed_task_that_never_ends_is_lost_and_one_that_only_was_sent_is_not() -> None:
    ledger = steady()
    ledger.read([line("sent", 110, "a"), line("sent", 110, "b"), line("confirmed", 110, "b")])
    ledger.read([line("started", 110, "b")])
    assert ledger.lost() == ["b"]
    assert figures(ledger, FAULT).lost == 1


def test_what_ends_twice_is_repeated_and_has_its_effect_once() -> None:
    ledger = Ledger()
    for event in ("sent", "confirmed", "started", "effect", "finished", "started", "finished"):
        ledger.read([line(event, 101, "a", ONCE)])
    assert (ledger.repeated(), ledger.twice_in_effect(), ledger.without_effect()) == (["a"], [], [])
    ledger.read([line("effect", 102, "a", ONCE)])
    assert ledger.twice_in_effect() == ["a"]


def test_a_task_that_ended_without_its_effect_is_named() -> None:
    ledger = Ledger()
    for event in ("sent", "confirmed", "started", "finished"):
        ledger.read([line(event, 101, "a", ONCE)])
    assert ledger.without_effect() == ["a"]


def test_two_active_beats_are_told_from_one_that_was_held_up() -> None:
    ledger = Ledger()
    for at, host in ((1.0, "a"), (9.0, "a"), (9.1, "a"), (20.0, "b")):
        ledger.read([json.dumps({"event": "tick", "at": at, "id": "x", "task": "tick", "host": host})])
    assert ledger.double_ticks() == []
    ledger.read([json.dumps({"event": "tick", "at": 20.3, "id": "x", "task": "tick", "host": "a"})])
    assert ledger.double_ticks() == [20.3]


def test_a_torn_line_counts_for_nothing() -> None:
    ledger = Ledger()
    ledger.read([line("finished", 1, "a"), '{"event": "fini'])
    assert list(ledger.finished) == ["a"]


def test_a_rate_counts_what_falls_into_its_seconds() -> None:
    assert rate([0.1, 0.2, 1.5, 9.0], 0, 3) == [2.0, 1.0, 0.0]


def test_a_plot_has_a_bar_a_second_and_the_span_of_the_fault() -> None:
    root = ElementTree.fromstring(plot(steady(), FAULT))
    kinds = [one.get("class") for one in root]
    assert kinds.count("done") == 30
    (span,) = (one for one in root if one.get("class") == "span")
    (line_of_confirms,) = (one for one in root if one.get("class") == "sent")
    assert float(span.attrib["width"]) == pytest.approx(3 * 916 / 30, abs=0.1)
    assert len(line_of_confirms.attrib["points"].split()) == 30


def test_the_page_says_what_was_lost() -> None:
    ledger = steady()
    ledger.read([line("sent", 110, "b"), line("confirmed", 110, "b")])
    text = page(ledger, [FAULT], "Debian 13, three hosts")
    assert "kill -9 of the &lt;queue&#x27;s&gt; leader" in text
    assert '<div class="bad">1<span>lost</span></div>' in text
    assert "Debian 13, three hosts" in text
