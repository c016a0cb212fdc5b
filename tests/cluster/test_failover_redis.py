"""Redis on three hosts and beat on two: what a fault costs, and that no run undoes what Sentinel did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support import ssh
from tests.support.docker import docker
from tests.support.failover import ENV, NAMES, Three, stream
from tests.support.wait import wait_until

UP = 900
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def three() -> Iterator[Three]:
    with ssh.site("trixie", NAMES, label="failover") as site:
        built = Three(site)
        built.prepare()
        yield built


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestThreeHosts:
    """Each step leaves all of it running."""

    def test_up_smoke_and_nothing_left_to_do(self, three: Three) -> None:
        assert "1 of 1 queues carried a task" in three.inv("up", seconds=UP).text
        said = three.inv("smoke").text
        assert "enough sentinels name the same master" in said and "promises kept" in said, said
        three.inv("up", seconds=UP)
        assert three.changed() == 0

    def test_a_master_that_is_killed_comes_back(self, three: Three, record_property: Record) -> None:
        name = three.give_away()
        told: dict[str, Any] = {}
        with stream(three, NAMES[0], 40, told):
            wait_until(lambda: three.redis("DBSIZE"), 10)
            began = time.monotonic()
            three.site.targets[name].run(["systemctl", "kill", "--signal=KILL", "redis-server"])
            wait_until(three.whole, 60, "all replicas follow again")
            after = time.monotonic() - began
        record_property("failover", ("process of the master killed", *figures(told, after)))
        assert told["lost"] == [] and told["refused"] == 0, told

    def test_another_one_takes_over_from_a_host_that_is_gone(
        self, three: Three, record_property: Record
    ) -> None:
        name = three.give_away()
        host, told = three.site.targets[name], dict[str, Any]()
        with stream(three, NAMES[0], 40, told):
            wait_until(lambda: three.redis("DBSIZE"), 10)
            began = time.monotonic()
            docker("kill", host.name)
            wait_until(lambda: three.master() != name, 60, "another one is master")
            after = time.monotonic() - began
            wait_until(lambda: three.redis("SET", "failover", "taken") == "OK", 30, "it takes writes")
        record_property("failover", ("host of the master killed", *figures(told, after)))
        assert told["lost"] == [] and told["refused"] == 0, told

    def test_a_run_after_it_changes_nothing(self, three: Three) -> None:
        for host in three.site.targets.values():
            docker("start", host.name)
            host.wait_booted()
        wait_until(three.whole, 60, "the host that came back follows")
        now = three.master()
        three.inv("up", seconds=UP)
        assert three.changed() == 0 and three.master() == now

    def test_a_changed_configuration_reaches_the_master_last(
        self, three: Three, record_property: Record
    ) -> None:
        before = three.give_away()
        told: dict[str, Any] = {}
        three.decide("redis_settings: {hz: 20}\n")
        with stream(three, NAMES[0], 20, told):
            three.inv("up", seconds=UP)
        record_property("failover", ("configuration rolled", *figures(told, 0)))
        assert three.master() != before
        assert [three.redis("CONFIG", "GET", "hz", host=name).splitlines()[1] for name in NAMES] == ["20"] * 3
        assert told["lost"] == [] and told["refused"] == 0, told
        three.inv("up", seconds=UP)
        assert three.changed() == 0

    def test_a_new_password_costs_no_result(self, three: Three, record_property: Record) -> None:
        told: dict[str, Any] = {}
        before = three.master()
        with stream(three, NAMES[0], 20, told):
            three.site.run(["rm", f".state/{ENV}/secrets/redis"])
            three.inv("up", seconds=UP)
        record_property("failover", ("password of Redis changed", *figures(told, 0)))
        assert three.master() == before and wait_until(three.whole, 30)
        assert "promises kept" in three.inv("smoke").text
        three.inv("up", seconds=UP)
        assert three.changed() == 0

    def test_a_beat_that_is_killed_is_replaced(self, three: Three, record_property: Record) -> None:
        origin = wait_until(three.ticks, 30)[-1][1]
        name = origin.partition("@")[2]
        began = time.time()
        three.site.targets[name].run(["systemctl", "kill", "--signal=KILL", "stack-beat"])
        later = wait_until(lambda: [one for one in three.ticks() if one[0] > began + 10], 60, "it goes on")
        assert later
        taken = min(at for at, _ in three.ticks() if at > began)
        times = [at for at, _ in three.ticks() if at > began - 10]
        gap = max(after - before for before, after in pairwise(times))
        record_property(
            "failover", ("active beat killed", str(len(times)), "-", f"{gap:.1f}", f"{taken - began:.1f}")
        )
        # Twice in one second would be two beats.
        assert [pair for pair in pairwise(times) if pair[1] - pair[0] < 0.5] == []

    def test_a_beat_that_lost_its_lock_starts_again(self, three: Three) -> None:
        name = wait_until(three.ticks, 30)[-1][1].partition("@")[2]
        host = three.site.targets[name]
        pid = host.run(["systemctl", "show", "-P", "MainPID", "stack-beat"]).out
        three.redis("SET", "redbeat::lock", "somebody else", "PX", "3000")
        wait_until(
            lambda: host.run(["systemctl", "show", "-P", "MainPID", "stack-beat"]).out not in (pid, "0\n"), 30
        )
        assert "LockNotOwnedError" in host.run(["journalctl", "-u", "stack-beat", "-n", "80"]).out
        mark = time.time()
        wait_until(lambda: three.ticks()[-1][0] > mark, 30, "one of them ticks again")

    def test_smoke_and_doctor_find_all_in_order(self, three: Three) -> None:
        assert "promises kept" in three.inv("smoke").text
        assert "no trouble found" in three.inv("doctor").text


def figures(told: dict[str, Any], seconds: float) -> tuple[str, ...]:
    """Cells of the table."""
    return str(told["sent"]), str(len(told["lost"])), str(told["gap"]), f"{seconds:.1f}" if seconds else "-"
