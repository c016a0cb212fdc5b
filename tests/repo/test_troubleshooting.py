"""Every entry is whole, has its check, and is found first by each text that it says is printed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from rabbitry import explain
from rabbitry.doctor.finding import SEVERITIES
from rabbitry.doctor.registry import checks
from rabbitry.entries import Entry, entries
from rabbitry.index import PAGE, index
from tests.support.repository import ROOT, text

ENTRIES = entries()
HEADINGS = ["What you see", "Why", "Confirm", "Fix", "Keep it from coming back"]
PLACES = {"trixie-systemd", "trixie-noinit", "bookworm-systemd", "bookworm-noinit"}
# A healthy host's logs, as they were printed.
NOISE = (Path(__file__).parent / "healthy.log").read_text(encoding="utf-8").splitlines()

every_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))


@every_entry
def test_an_entry_is_whole(entry: Entry) -> None:
    folder = ROOT / entry.page
    assert re.fullmatch(r"[a-z]+/[a-z][a-z0-9_]*", entry.slug)
    page = text(entry.page)
    matter, body = page.split("---\n", 2)[1:]
    assert re.findall(r"^## (.*)$", body, re.M) == HEADINGS
    assert re.findall(r"^# (.*)$", re.sub(r"```.*?```", "", body, flags=re.S), re.M) == [entry.title]
    assert len(body.splitlines()) <= 70
    seen = body.partition("## What you see")[2].partition("## Why")[0]
    assert "```" in seen
    assert any(explain.pattern(symptom).search(seen) for symptom in (*entry.symptoms, *entry.weak))
    assert entry.severity in SEVERITIES
    assert entry.symptoms and entry.why and entry.services and entry.platforms
    assert not entry.why.endswith(".")
    assert matter
    for name in ("break.yml", "fix.yml"):
        assert (folder.parent / name).is_file() or not entry.hosts


@every_entry
def test_an_entry_says_where_it_was_tried_or_why_not(entry: Entry) -> None:
    if entry.hosts:
        assert set(entry.hosts) <= PLACES
        assert entry.shows and re.match(r"\d{4}-\d\d-\d\d", entry.executed)
    else:
        assert entry.because and not entry.executed and not entry.shows


# Some of those in tasks.py are imported there.
VERBS = set(re.findall(r"^(?:def (?=\w+\()|from rabbitry\.\w+ import \w+ as )(\w+)", text("tasks.py"), re.M))
VARIABLES = {
    name
    for path in [*ROOT.glob("inventory/**/*.yml"), *ROOT.glob("roles/*/meta/argument_specs.yml")]
    for name in re.findall(r"^ *((?:stack|rabbitmq|redis|celery|flower|beat)_\w+):", path.read_text(), re.M)
}


@every_entry
def test_a_page_names_verbs_and_variables_that_are_there(entry: Entry) -> None:
    page = text(entry.page)
    assert set(re.findall(r"\./inv ([a-z]+)", page)) <= VERBS
    assert set(re.findall(r"`((?:stack|rabbitmq)_[a-z_]+)(?<!_t)`", page)) <= VARIABLES | {
        "rabbitmq_management"
    }


@every_entry
def test_what_follows_from_an_entry_is_known(entry: Entry) -> None:
    assert set(entry.explains) <= ENTRIES.keys()


@every_entry
def test_a_trouble_of_the_user_s_own_is_mended_by_a_command_that_is_given(entry: Entry) -> None:
    assert entry.command or entry.fix != "by hand"


def test_each_check_has_an_entry_and_the_reverse() -> None:
    assert set(checks()) == {slug for slug, entry in ENTRIES.items() if entry.check}


def test_there_are_as_many_as_promised() -> None:
    assert len(ENTRIES) >= 60


@pytest.mark.parametrize(
    ("entry", "symptom"),
    [
        pytest.param(entry, symptom, id=f"{entry.slug}:{symptom[:40]}")
        for entry in ENTRIES.values()
        for symptom in entry.symptoms
    ],
)
def test_a_symptom_names_its_own_entry_first_alone_and_within_a_log(entry: Entry, symptom: str) -> None:
    printed = symptom.replace(explain.VARIES, "x1")
    middle = len(NOISE) // 2
    for said in (printed, "\n".join([*NOISE[:middle], printed, *NOISE[middle:]])):
        found = explain.rank(said, ENTRIES)
        assert found and found[0].entry.slug == entry.slug, [one.entry.slug for one in found[:3]]


def test_a_healthy_log_tells_of_nothing() -> None:
    assert len(NOISE) >= 200
    strong = {slug: replace(entry, weak=()) for slug, entry in ENTRIES.items()}
    assert [(one.entry.slug, one.line) for one in explain.rank("\n".join(NOISE), strong)] == []


def test_the_index_is_current() -> None:
    assert text(PAGE) == index(ENTRIES)
