"""Which Erlang a RabbitMQ release runs on and which release opens whose data, as RabbitMQ documents it.

Erlang: the tables of docs/which-erlang.md; data: the table "Release Series Upgradeability" of
docs/upgrade.md; both in RabbitMQ's website repository as of August 2026.
"""

from __future__ import annotations

import re

Version = tuple[int, ...]

# First release of a row, the oldest Erlang it runs on, the first Erlang that it does not run on.
ERLANG: tuple[tuple[Version, str, str], ...] = (
    ((4, 3, 3), "27.0", "28"),
    ((4, 3, 0), "26.2", "28"),
    ((4, 2, 9), "27.0", "28"),
    ((4, 0, 4), "26.2", "28"),
    ((4, 0, 0), "26.2", "26.3"),
    ((3, 13, 0), "26.0", "26.3"),
    ((3, 12, 10), "25.0", "26.3"),
    ((3, 12, 5), "25.0", "26.2"),
    ((3, 12, 0), "25.0", "26.1"),
    ((3, 11, 0), "25.0", "25.4"),
    ((3, 10, 19), "24.3.4.8", "25.4"),
    ((3, 10, 14), "24.3", "25.3"),
    ((3, 10, 8), "24.2", "25.3"),
    ((3, 10, 0), "23.2", "25.3"),
)
# The series below is not in the tables yet: nothing is known of what it runs on.
UNKNOWN_SINCE: Version = (4, 4)
# Series -> the series whose data it opens, besides its own.
OPENS: dict[Version, tuple[Version, ...]] = {
    (4, 3): ((4, 2),),
    (4, 2): ((4, 1), (4, 0), (3, 13)),
    (4, 1): ((4, 0), (3, 13)),
    (4, 0): ((3, 13),),
    (3, 13): ((3, 12),),
    (3, 12): ((3, 11),),
    (3, 11): ((3, 10),),
}


def numbers(version: str) -> Version:
    """The leading numbers of a version, without a package's epoch: "1:4.0.5-6+deb13u2" is (4, 0, 5)."""
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
    return tuple(int(word) for word in found.group(1).split(".")) if found else ()


def erlang_range(version: str) -> tuple[str, str] | None:
    """Oldest Erlang and first Erlang too new for a release; None for one that the tables do not know."""
    release = numbers(version)
    if release >= UNKNOWN_SINCE:
        return None
    return next((row[1:] for row in ERLANG if release >= row[0]), None)


def erlang_mismatch(version: str, erlang: str) -> str:
    """One sentence when this Erlang is none that the release runs on, "" when it is."""
    allowed = erlang_range(version)
    if allowed is None:
        return f"nothing is known of the Erlang that RabbitMQ {version} needs: 3.10 to 4.3 are known"
    oldest, beyond = allowed
    if numbers(oldest) <= _padded(erlang, numbers(oldest)) and numbers(erlang) < numbers(beyond):
        return ""
    return (
        f"RabbitMQ {version} does not run on Erlang {erlang}: it needs {oldest} or newer, older than {beyond}"
    )


def _padded(erlang: str, like: Version) -> Version:
    """A version that stands for a whole series ("27") counts as its newest."""
    release = numbers(erlang)
    return release + (9999,) * (len(like) - len(release))


def upgrade_refusal(before: str, after: str) -> str:
    """Why the data of one release cannot be opened by another, "" when it can; unknown releases may.

    Between releases of one series only the way back is refused.
    """
    old, new = numbers(before), numbers(after)
    if not old or not new or old[:2] > max(OPENS) or new[:2] > max(OPENS):
        return "" if not old or not new or old <= new else _downgrade(before, after)
    if new < old:
        return _downgrade(before, after)
    if new[:2] == old[:2] or old[:2] in OPENS.get(new[:2], ()):
        return ""
    way = " or ".join(".".join(map(str, one)) for one in OPENS.get(new[:2], ()))
    series = ".".join(map(str, new[:2]))
    opens = f"{series} opens that of {way or 'no other'}"
    return f"RabbitMQ {after} cannot open the data of {before} that is there: {opens}"


def _downgrade(before: str, after: str) -> str:
    return f"RabbitMQ {after} is older than {before}, whose data is there: RabbitMQ does not support that"
