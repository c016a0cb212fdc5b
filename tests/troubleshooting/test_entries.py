"""Every entry that can be executed here: broken, seen, named by doctor and explain, mended, green again."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable

import pytest

from rabbitry.entries import Entry, entries
from tests.support.ward import BREAK, FIX, Ward

pytestmark = pytest.mark.hosts

# Hosts of a platform that work side by side, where one would take too long.
PARTS = {"trixie-systemd": 2}


def cases() -> list[pytest.param]:  # type: ignore[valid-type]
    """Each entry on each of its platforms; those that are not their service's first one are `long`."""
    found, sampled = [], set()
    places = [(platform, entry) for entry in entries().values() for platform in entry.hosts]
    for number, (platform, entry) in enumerate(sorted(places, key=lambda one: (one[0], one[1].slug))):
        service = entry.slug.partition("/")[0]
        marks = [pytest.mark.long] if service in sampled else []
        sampled.add(service)
        part = f"{platform}-{number % PARTS.get(platform, 1)}"
        found.append(pytest.param(platform, entry, id=f"{part}:{entry.slug.replace('/', '-')}", marks=marks))
    return found


@pytest.mark.parametrize(("platform", "entry"), cases())
def test_entry(
    wards: dict[str, Ward], platform: str, entry: Entry, record_property: Callable[[str, object], None]
) -> None:
    ward = wards.setdefault(platform, Ward(platform))
    folder = f"troubleshooting/{entry.slug}"
    watch = _Watch()
    try:
        # Healthy to begin with: it is new, or the entry before ended with that.
        assert ward.checkout
        watch.start()
        ward.play(f"{folder}/break.yml", BREAK)
        said = [ward.show(shown.command, shown.text) for shown in entry.shows]
        watch.lap()
        if entry.check:
            ward.names([entry.slug])
        for text in said:
            assert ward.explained(text).startswith(f"{entry.slug}   "), text[-2000:]
        watch.lap()
        if entry.fix == "by hand":
            ward.play(f"{folder}/fix.yml", FIX)
        else:
            ward.checkout.inv("fix", *shlex.split(entry.slug), "--yes", seconds=FIX)
        watch.lap()
        ward.names([])
        if not entry.check and entry.fix != "by hand":
            ward.says_no_more(entry.shows)
        ward.is_green()
        watch.lap()
    except BaseException:
        ward.give_up()
        raise
    record_property("entry", (entry.slug, platform, *watch.laps))


class _Watch:
    """Seconds between one step and the next, for the table."""

    def __init__(self) -> None:
        self.laps: list[str] = []
        self._last = 0.0

    def start(self) -> None:
        self._last = time.monotonic()

    def lap(self) -> None:
        now = time.monotonic()
        self.laps.append(f"{now - self._last:.1f}")
        self._last = now
