"""What was in use since when: the way back, what stays away, what is kept; the links have the last word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import history
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import Shelf, switch
from ansible_collections.rabbitry.stack.plugins.module_utils.history import History, Pair, prune
from ansible_collections.rabbitry.stack.plugins.module_utils.ledger import Ledger


class Home:
    """An application's home; letters name releases, the environment is `v` unless one follows a slash."""

    def __init__(self, root: Path) -> None:
        self.path, self.ledger = root / "home", Ledger("celery_app", root / "ledger")
        self.path.mkdir()

    @staticmethod
    def pair(name: str) -> Pair:
        release, _, venv = name.partition("/")
        return Pair(release, venv or "v")

    def build(self, pair: Pair) -> None:
        for kind, digest in (("release", pair.release), ("venv", pair.venv)):
            with (shelf := Shelf(self.path, kind)).locked(self.ledger):
                shelf.path(digest).mkdir(exist_ok=True)
                shelf.complete(digest)

    def use(self, name: str, by: str = "deploy", run: str = "") -> History:
        self.build(self.pair(name))
        history.put(History(self.path), self.pair(name), self.ledger, by, run)
        return History(self.path)

    def fail(self, name: str) -> History:
        """Put a pair in use and take it back."""
        past = self.use(name)
        past.fail("no")
        assert past.current
        history.put(past, past.current.pair, self.ledger)
        return History(self.path)

    def told(self, *steps: str) -> History:
        """`A` deploys, `<A` rolls back to A, `!A` fails."""
        past = History(self.path)
        for step in steps:
            name = step.lstrip("<!")
            past = (
                self.fail(name)
                if step[0] == "!"
                else self.use(name, "rollback" if step[0] == "<" else "deploy")
            )
        return past


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("steps", "before"),
    [
        ("A", ""),
        ("A A", ""),
        ("A B", "A"),
        ("A !B", ""),
        ("A B !C", "A"),
        ("A B C <B", "A"),
        ("A B C <B <A", ""),
        ("A B <A C", "A"),
        ("A B <A <B", "A"),
        ("A B A", "B"),
        ("A A/w", "A"),
    ],
)
def test_the_way_back_leads_past_what_was_taken_back(home: Home, steps: str, before: str) -> None:
    assert home.told(*steps.split()).before == (home.pair(before) if before else None)


def test_there_is_no_way_back_to_what_is_gone(home: Home) -> None:
    past = home.told("A", "B", "C")
    Shelf(home.path, "release").discard("B")
    assert past.before == home.pair("A")
    Shelf(home.path, "venv").discard("v")
    assert past.before is None


@pytest.mark.parametrize(
    ("steps", "refused"),
    [
        ("A B", ""),
        ("A B <A", "B"),
        ("A B C <B <A", "B C"),
        ("A !B", "B"),
        ("A !B C", ""),
        ("A B <A B", ""),
        ("A B <A <B", ""),
        ("A B <A !C", "B C"),
        ("A A/w <A", "A/w"),
    ],
)
def test_what_was_taken_back_stays_away_until_something_new_stays(
    home: Home, steps: str, refused: str
) -> None:
    assert set(home.told(*steps.split()).refused) == {home.pair(name) for name in refused.split()}


def test_what_stays_away_is_said_in_one_sentence(home: Home) -> None:
    entry = [{"kind": history.KIND, "name": str(home.path / "history.json")}]
    home.told("A", "B")
    assert history.standing(entry) == []
    home.told("<A")
    (said,) = history.standing(entry)
    assert "stays at release `A` until the source changes, since `B` was rolled back on 2" in said
    home.told("!C")
    (said,) = history.standing(entry)
    assert "since `C` did not work on 2" in said


def test_links_that_others_moved_are_believed(home: Home) -> None:
    home.told("A", "B")
    switch(home.path, "current", "releases/A", home.ledger)
    past = History(home.path)
    assert past.current and past.current.pair == home.pair("A") and past.current.by == "up"
    assert past.before == home.pair("B")


def test_a_host_from_before_this_file_has_what_its_links_say(home: Home) -> None:
    home.told("A")
    (home.path / "history.json").write_text("{damaged")
    past = History(home.path)
    assert [use.pair for use in past.uses] == [home.pair("A")] and past.uses[0].since > 1e9


def test_the_last_releases_and_their_environments_are_kept(home: Home) -> None:
    home.told("A/1", "B/2", "C/3", "!F/4", "D/3", "<C/3")
    removed = prune(home.path, 3, home.ledger)
    assert sorted(Path(path).name for path in removed) == ["1", "A", "F"]
    assert History(home.path).before == home.pair("B/2")
    assert prune(home.path, 3, home.ledger) == []


def test_the_way_back_is_kept_past_what_was_tried_since(home: Home) -> None:
    home.told("A", "B", "C", "<B", "D", "<B")
    prune(home.path, 2, home.ledger)
    assert History(home.path).before == home.pair("A")


def test_a_name_is_remembered_with_the_use(home: Home) -> None:
    past = home.use("A", run="20261123-1")
    assert past.current and (past.current.by, past.current.run) == ("deploy", "20261123-1")
    told = json.loads(json.dumps(past.told()))
    assert told["uses"][0]["kept"] is True and told["before"] is None
    entry = home.ledger.find(history.KIND, str(home.path / "history.json"))
    assert entry and entry["created"]
