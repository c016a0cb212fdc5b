"""Troubles that need several hosts: broken, named by doctor, mended, silent again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support import ssh
from tests.support.failover import ENV, NAMES, Three
from tests.support.wait import wait_until

# What else is found for the same reason.
WITH = {
    "redis/sentinel_quorum": {"redis/sentinel_down"},
    "redis/masters": {"redis/sentinel_down", "redis/sentinel_quorum"},
    "beat/two_active": {"beat/double"},
}
TROUBLES = (
    "redis/sentinel_down", "redis/sentinel_quorum", "redis/replica_link", "redis/masters",
    "beat/none_active", "beat/two_active",
)  # fmt: skip


@pytest.fixture(scope="module")
def three() -> Iterator[Three]:
    with ssh.site("trixie", NAMES, label="troubles") as site:
        built = Three(site)
        built.prepare()
        built.inv("up", seconds=900)
        yield built


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestTroublesOfSeveralHosts:
    @pytest.mark.parametrize("slug", TROUBLES)
    def test_a_trouble_is_named_and_mended(self, three: Three, slug: str) -> None:
        wait_until(lambda: named(three) == set(), 60, "all is well to begin with")
        play(three, slug, "break")
        wait_until(lambda: named(three) == {slug} | WITH.get(slug, set()), 60, f"doctor names {slug} alone")
        play(three, slug, "fix")
        wait_until(lambda: named(three) == set(), 90, "doctor is silent again")
        assert "promises kept" in three.inv("smoke").text


def named(three: Three) -> set[str]:
    """The slugs of what doctor finds."""
    said = three.inv("doctor", check=False).text
    assert "checks on 3 hosts" in said or "no trouble found" in said, said
    return set(re.findall(r"^x (\S+/\S+)", said, re.M))


def play(three: Three, slug: str, what: str) -> None:
    """Run an entry's playbook."""
    book = f"troubleshooting/{slug}/{what}.yml"
    line = f"RABBITRY_ENV={ENV} .venv/bin/ansible-playbook -i inventory/{ENV}.yml {book}"
    three.site.run(line, seconds=180)
