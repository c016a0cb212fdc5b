"""The fix of an entry: only where it is found, after consent, looked at again; and all that is safe."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rabbitry import ansible, entries, fix, remedy, report, smoking
from rabbitry.doctor.finding import Finding
from rabbitry.entries import Entry
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack

ENVIRONMENT = Environment("local", Path("inventory/local.yml"))


def entry(slug: str, **more: Any) -> Entry:
    return Entry(
        slug=slug, title=slug, why="because", severity="stops", services=(), platforms=(), symptoms=(), **more
    )


KNOWN = {
    one.slug: one
    for one in (
        entry("redis/save", fix="automatic", promises=("redis",)),
        entry("redis/asked", fix="asked"),
        entry("redis/hand", command="sudo less /etc/redis/redis.conf"),
        entry("pika/code", fix="asked", check=False),
    )
}


class Site:
    """`found` is what doctor finds; a fix that runs takes its trouble away unless it is in `stays`."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.stays: set[str] = set()
        self.did: list[str] = []
        self.whole: set[str] = set()

    def has(self, *slugs: str, host: str = "web1") -> None:
        self.found += [
            Finding(slug, host, f"{slug} is wrong", ("line",), "why", f"do {slug}", "page") for slug in slugs
        ]

    def run(self, playbook: str, environment: Environment, *, only: str = "", **_: Any) -> None:
        slug = "/".join(playbook.split("/")[1:3])
        self.did.append(f"{slug} on {only}")
        if slug not in self.stays:
            self.found = [one for one in self.found if one.slug != slug or only not in ("", one.host)]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site()
    for module in (remedy, fix):
        monkeypatch.setattr(module, "entries", lambda: KNOWN)
    monkeypatch.setattr(remedy, "_is_for_all", lambda slug: slug in made.whole)
    monkeypatch.setattr(remedy, "explanation", lambda one: f"do what {one.slug} says")
    monkeypatch.setattr(remedy.collecting, "look", lambda environment: None)
    monkeypatch.setattr(
        remedy.verb,
        "choose",
        lambda slugs, option="": dict.fromkeys(slugs or [one.slug for one in made.found]),
    )
    monkeypatch.setattr(
        remedy.verb,
        "examine",
        lambda seen, chosen, host="", option="": [
            one for one in made.found if (one.blind or one.slug in chosen) and host in ("", one.host)
        ],
    )
    monkeypatch.setattr(ansible, "run", made.run)
    monkeypatch.setattr(Stack, "load", lambda path: SimpleNamespace(runs_on="hosts"))
    monkeypatch.setattr(remedy, "prove", lambda *_: made.did.append("proof"))
    monkeypatch.setattr(smoking, "smoke", lambda environment, only: made.did.append(f"smoke {only[0]}") or 0)
    return made


def test_a_fix_runs_where_it_is_found_and_the_promises_are_tried(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.has("redis/save", host="web1")
    site.has("redis/save", host="web2")
    assert fix.fix(ENVIRONMENT, "redis/save", yes=True) == 0
    assert site.did == ["redis/save on web1", "redis/save on web2", "proof", "smoke redis"]
    said = capsys.readouterr().out
    assert "web1: redis/save is wrong" in said and "do what redis/save says" in said


def test_what_up_does_is_done_for_all_hosts_at_once(site: Site) -> None:
    site.has("redis/asked", host="web1")
    site.has("redis/asked", host="web2")
    site.whole = {"redis/asked"}
    fix.fix(ENVIRONMENT, "redis/asked", yes=True)
    assert site.did == ["redis/asked on ", "proof"]


def test_what_cannot_be_looked_at_is_not_taken_for_well(site: Site) -> None:
    site.found = [Finding("doctor/section_missing", "web1", "no `app`", (), "", "look", "", blind=True)]
    with pytest.raises(StackError, match="cannot be told: no `app` on web1"):
        fix.fix(ENVIRONMENT, "redis/save", yes=True)
    assert site.did == []


def test_one_host_is_enough_when_it_is_named(site: Site) -> None:
    site.has("redis/asked", host="web1")
    site.has("redis/asked", host="web2")
    fix.fix(ENVIRONMENT, "redis/asked", host="web2", yes=True)
    assert site.did == ["redis/asked on web2", "proof"]


def test_nothing_is_done_where_nothing_is_found(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert fix.fix(ENVIRONMENT, "redis/save", yes=True) == 0
    assert site.did == []
    assert "nothing to mend" in capsys.readouterr().out


@pytest.mark.parametrize("check", [True, False])
def test_without_consent_it_is_only_shown(site: Site, check: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "confirm", lambda question: False)
    site.has("redis/asked")
    if check:
        assert fix.fix(ENVIRONMENT, "redis/asked", check=True) == 0
    else:
        with pytest.raises(StackError, match="nothing was changed") as error:
            fix.fix(ENVIRONMENT, "redis/asked")
        assert error.value.hint == "./inv fix redis/asked --yes"
    assert site.did == []


def test_what_needs_judgement_is_left_to_the_reader(site: Site) -> None:
    site.has("redis/hand")
    with pytest.raises(StackError, match=r"redis/hand/README\.md says how") as error:
        fix.fix(ENVIRONMENT, "redis/hand", yes=True)
    assert error.value.hint == "sudo less /etc/redis/redis.conf"
    assert site.did == []


def test_a_trouble_that_stays_is_no_success(site: Site) -> None:
    site.has("redis/asked")
    site.stays = {"redis/asked"}
    with pytest.raises(StackError, match="`redis/asked` is still there on web1"):
        fix.fix(ENVIRONMENT, "redis/asked", yes=True)


def test_a_promise_that_is_not_kept_is_no_success(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoking, "smoke", lambda environment, only: 1)
    site.has("redis/save")
    with pytest.raises(StackError, match="not every promise is kept"):
        fix.fix(ENVIRONMENT, "redis/save", yes=True)


def test_all_mends_what_is_safe_and_lists_the_rest(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.has("redis/save", "redis/asked", "redis/hand")
    assert fix.fix(ENVIRONMENT, every=True, yes=True) == 1
    assert site.did == ["redis/save on web1"]
    said = capsys.readouterr().out
    assert "left to you: redis/asked on web1: redis/asked is wrong\n  hint: do redis/asked" in said
    assert "left to you: redis/hand" in said


def test_all_looks_again_for_what_was_hidden_and_proves_at_the_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = site.run

    def reveal(playbook: str, *args: Any, **more: Any) -> None:
        run(playbook, *args, **more)
        if not site.found and len(site.did) == 1:
            site.has("once/lock")

    monkeypatch.setitem(KNOWN, "once/lock", entry("once/lock", fix="automatic"))
    monkeypatch.setattr(ansible, "run", reveal)
    site.has("redis/save")
    assert fix.fix(ENVIRONMENT, every=True, yes=True) == 0
    assert site.did == ["redis/save on web1", "once/lock on web1", "proof", "smoke redis"]


def test_all_mends_causes_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KNOWN, "a/waits", entry("a/waits", fix="automatic"))
    monkeypatch.setitem(KNOWN, "z/server", entry("z/server", fix="automatic", explains=("a/waits",)))
    site.has("a/waits", "z/server")
    fix.fix(ENVIRONMENT, every=True, yes=True)
    assert site.did[:2] == ["z/server on web1", "a/waits on web1"]


def test_all_gives_up_on_what_comes_back(site: Site) -> None:
    site.has("redis/save")
    site.stays = {"redis/save"}
    assert fix.fix(ENVIRONMENT, every=True, yes=True) == 1
    assert site.did == ["redis/save on web1"]


@pytest.mark.parametrize("check", [True, False])
def test_all_without_consent_changes_nothing(
    site: Site, check: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "confirm", lambda question: False)
    site.has("redis/save", "redis/asked")
    if check:
        assert fix.fix(ENVIRONMENT, every=True, check=True) == 1
    else:
        with pytest.raises(StackError, match="nothing was changed"):
            fix.fix(ENVIRONMENT, every=True)
    assert site.did == []


def test_all_with_nothing_to_mend(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert fix.fix(ENVIRONMENT, every=True, yes=True) == 0
    assert "nothing to mend" in capsys.readouterr().out


def test_a_page_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    page = tmp_path / "troubleshooting/redis/x/README.md"
    page.parent.mkdir(parents=True)
    for matter, said in (
        ("titel: x", "unknown key `titel`"),
        ("- x", "cannot be used"),
        ("", "cannot be used"),
    ):
        page.write_text(f"---\n{matter}\n---\n# x\n")
        with pytest.raises(StackError, match=said):
            entries.load(page)


def test_in_containers_up_mends(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "carrier", lambda environment: "compose")
    with pytest.raises(StackError, match="in containers `up` mends"):
        fix.fix(Environment("local", Path("local.yml")), "redis/asked")
