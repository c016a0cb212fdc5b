"""Two troubles at once: doctor names both, whatever else one of them brings about."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
import yaml

from rabbitry.doctor.judging import following
from rabbitry.entries import Entry, entries
from tests.support.repository import ROOT
from tests.support.ward import BREAK, FIX, Ward

pytestmark = [pytest.mark.hosts, pytest.mark.long]

# So many are drawn that ten are left.
PLATFORM, PAIRS = "trixie-systemd", 13
# Of this many, so that a failure can be had again; another number tries other pairs.
SEED = 20261123
DOWN = {"redis/server_down": "redis", "rabbitmq/node_down": "rabbitmq"}


def pairs() -> list[pytest.param]:  # type: ignore[valid-type]
    """Ten random pairs of different services, neither of which hides the other or has to be alone."""
    known = [one for one in entries().values() if PLATFORM in one.hosts and one.check and not one.alone]
    possible = [pair for pair in combinations(known, 2) if _visible(*pair) and _visible(*reversed(pair))]
    chosen = Random(SEED).sample(possible, min(PAIRS, len(possible)))
    return [
        pytest.param(*pair, id=" and ".join(one.slug.replace("/", "-") for one in pair))
        for pair in chosen
        if not _stops(*pair) and not _stops(*reversed(pair))
    ]


def _stops(one: Entry, other: Entry) -> bool:
    """Whether one ends the server in which the other would be seen."""
    ended = following(one.slug, entries()) & DOWN.keys()
    return other.slug.partition("/")[0] in {DOWN[slug] for slug in ended}


def _order(entry: Entry) -> tuple[bool, bool]:
    """What stands in the way of `up` is mended first, by hand before all; what `up` itself mends is last."""
    plays = yaml.safe_load((ROOT / "troubleshooting" / entry.slug / "fix.yml").read_text(encoding="utf-8"))
    return entry.fix != "by hand", all("ansible.builtin.import_playbook" in play for play in plays)


def _visible(one: Entry, other: Entry) -> bool:
    hidden = other.slug in following(one.slug, entries())
    return one.slug.partition("/")[0] != other.slug.partition("/")[0] and not hidden


@pytest.mark.parametrize(("first", "second"), pairs())
def test_both_are_named(wards: dict[str, Ward], first: Entry, second: Entry) -> None:
    ward = wards.setdefault(PLATFORM, Ward(PLATFORM))
    try:
        for entry in (first, second):
            ward.play(f"troubleshooting/{entry.slug}/break.yml", BREAK)
        ward.names([first.slug, second.slug])
        for entry in sorted((first, second), key=_order):
            ward.play(f"troubleshooting/{entry.slug}/fix.yml", FIX)
        ward.names([])
    except BaseException:
        ward.give_up()
        raise
