"""Two troubles at once: doctor names both, whatever else one of them brings about."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from rabbitry.doctor.judging import following
from rabbitry.entries import Entry, entries
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
        # A machine's signs of danger are taken away first: no playbook works on it before.
        for entry in sorted((first, second), key=lambda one: one.fix != "by hand"):
            ward.play(f"troubleshooting/{entry.slug}/fix.yml", FIX)
        ward.names([])
    except BaseException:
        ward.give_up()
        raise
