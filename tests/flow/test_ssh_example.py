"""The example inventory over ssh: a host for the servers and two for the workers, as ordinary sudo users."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.support import ssh
from tests.support.snapshot import Snapshot, ports_of

PORTS = {5672, 15672, 6379, 5555}
UP, QUICK = 600, 180
QUEUE, WORK1, WORK2 = "queue1.example.org", "work1.example.org", "work2.example.org"


@pytest.fixture(scope="module")
def site() -> Iterator[ssh.Site]:
    with ssh.site("trixie", [QUEUE, WORK1, WORK2], label="three") as site:
        site.run(
            "cp inventory/example.yml inventory/mine.yml"
            " && cp inventory/group_vars/example.yml inventory/group_vars/mine.yml"
            " && sed -i -e 's/^    example:/    mine:/' -e s/deploy/ops/ inventory/mine.yml"
        )
        yield site


@pytest.fixture(scope="module")
def before(site: ssh.Site) -> dict[str, Snapshot]:
    return ssh.pictures(site)


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestTheExampleOfThreeHosts:
    """A host for the servers and two for the workers, made as inventory/example.yml says."""

    def test_servers_that_keep_to_themselves_are_refused(
        self, site: ssh.Site, before: dict[str, Snapshot]
    ) -> None:
        variables = "inventory/group_vars/mine.yml"
        site.run(f"sed -i s/0.0.0.0/127.0.0.1/ {variables}")
        said = site.inv("up", "--env", "mine", check=False, seconds=QUICK)
        site.run(f"sed -i s/127.0.0.1/0.0.0.0/ {variables}")
        assert said.rc == 1 and f"{WORK1}, {WORK2} cannot reach RabbitMQ and Redis there" in said.err, said
        assert ssh.differences(before, ssh.pictures(site)) == []

    @pytest.mark.usefixtures("before")
    def test_up_ends_with_a_working_stack(self, site: ssh.Site) -> None:
        said = site.inv("up", "--env", "mine", seconds=UP)
        assert f"amqp://{QUEUE}:5672/app" in said.out and "ssh -N" not in said.out

    def test_each_host_opens_its_own_ports_only(self, site: ssh.Site) -> None:
        opened = {
            name: {port.rpartition(":")[2] for port in ssh.strangers(site, name)} for name in site.targets
        }
        assert opened == {QUEUE: {str(port) for port in PORTS}, WORK1: set(), WORK2: set()}

    def test_smoke_is_green(self, site: ssh.Site) -> None:
        said = site.inv("smoke", "--env", "mine", seconds=QUICK).out
        for name in (WORK1, WORK2):
            assert f"+ a worker takes tasks: stack-worker-default from queue default on {name}" in said

    def test_a_second_up_changes_nothing(self, site: ssh.Site) -> None:
        site.inv("up", "--env", "mine", seconds=QUICK)
        assert site.changed("mine") == 0

    def test_status_knows_every_host(self, site: ssh.Site) -> None:
        told = json.loads(site.inv("status", "--env", "mine", "--json").out)
        assert told["healthy"], told["faults"]
        assert {(worker["host"], *worker["consumes"]) for worker in told["workers"]} == {
            (WORK1, "default", "math"),
            (WORK2, "default", "math"),
        }

    def test_doctor_finds_nothing(self, site: ssh.Site) -> None:
        said = site.inv("doctor", "--env", "mine").out
        assert re.search(r"no trouble found: \d+ checks on 3 hosts", said), said

    def test_a_host_that_is_gone_is_told_beside_the_others(self, site: ssh.Site) -> None:
        site.targets[WORK2].run(["systemctl", "stop", "ssh.service", "ssh.socket"], check=False)
        site.run("for socket in ~/.ansible/cp/*; do ssh -S $socket -O exit x; done", check=False)
        told = site.inv("status", "--env", "mine", check=False)
        found = json.loads(site.inv("doctor", "--env", "mine", "--json", check=False).out)["findings"]
        site.targets[WORK2].run(["systemctl", "start", "ssh.service"])
        assert told.rc == 1 and f"host {WORK2} cannot be reached" in told.err, told
        assert re.search(rf"{WORK1} +stack-worker-default +running", told.out), told
        assert ("doctor/host_unreachable", WORK2) in {(one["slug"], one["host"]) for one in found}

    def test_down_and_destroy_leave_nothing(self, site: ssh.Site, before: dict[str, Snapshot]) -> None:
        site.inv("down", "--env", "mine", seconds=QUICK)
        assert [name for name, now in ssh.pictures(site).items() if ports_of(now) & PORTS] == []
        site.inv("destroy", "--yes", "--env", "mine", seconds=UP)
        assert ssh.differences(before, ssh.pictures(site)) == []
