"""The whole life of a stack on one machine, from a fresh clone to destroy, on each kind of host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pytest

from tests.support import keepsake
from tests.support.checkout import CLONE, ORIGIN, Checkout
from tests.support.hosts import Boot, Host
from tests.support.images import Suite
from tests.support.service import HostService
from tests.support.snapshot import Snapshot, ports_of
from tests.support.wait import wait_until

SERVICES = ("rabbitmq-server", "redis-server", "stack-worker-default", "stack-beat", "stack-flower")
PORTS = {5672, 15672, 6379, 5555}
# Nothing else runs at boot on a host without an init system: README tells users to call it from theirs.
BOOT_COMMAND = "/opt/rabbitry/libexec/supervisor-start"
# ./inv up, with a first preparation of .venv in it, on two busy cores.
UP, SMOKE, QUICK = 300, 60, 60


@dataclass
class Flow:
    """One host with its clone, and what it looked like before anything was set up."""

    host: Host
    checkout: Checkout

    @cached_property
    def before(self) -> Snapshot:
        return self.now()

    def now(self) -> Snapshot:
        return Snapshot.of(self.host, CLONE, ORIGIN)

    def service(self, name: str) -> HostService:
        return HostService(self.host, name)

    def boot(self) -> None:
        self.host.reboot()
        if self.host.boot == "noinit":
            self.host.run([BOOT_COMMAND], seconds=120)


@pytest.fixture(scope="class")
def flow(request: pytest.FixtureRequest) -> Iterator[Flow]:
    host = Host.start(*request.cls.kind, label="flow")
    try:
        yield Flow(host, Checkout.clone_into(host))
    finally:
        host.remove()


class Steps:
    """The steps, in their order; each class below takes them on a host of its own."""

    kind: ClassVar[tuple[Suite, Boot]]

    def test_check_mode_on_a_fresh_host_changes_nothing(self, flow: Flow) -> None:
        before = flow.before
        flow.checkout.inv("up", "--check", seconds=UP)
        assert before.changes_to(flow.now()) == []

    def test_up_ends_with_a_working_stack(self, flow: Flow) -> None:
        flow.checkout.inv("up", seconds=UP)
        assert ports_of(flow.now()) >= PORTS

    def test_everything_listens_on_loopback_only(self, flow: Flow) -> None:
        listening = flow.before.changes_to(flow.now(), "ports")
        assert [line for line in listening if "127.0.0.1:" not in line and "[::1]:" not in line] == []

    def test_each_service_runs_as_its_own_user(self, flow: Flow) -> None:
        for name in SERVICES:
            service = flow.service(name)
            assert service.is_running(), name
            assert service.is_enabled(), name
            owner = flow.host.run(["stat", "-c", "%U", f"/proc/{service.pid()}"]).out.strip()
            assert owner in ("rabbitmq", "redis", "celery"), f"{name} runs as {owner}"

    def test_smoke_is_green(self, flow: Flow) -> None:
        flow.checkout.inv("smoke", seconds=SMOKE)

    def test_doctor_finds_nothing(self, flow: Flow) -> None:
        assert "no trouble found" in flow.checkout.inv("doctor").out

    def test_a_second_up_changes_nothing(self, flow: Flow) -> None:
        flow.checkout.inv("up", seconds=QUICK)
        assert flow.checkout.changed() == 0

    def test_a_second_up_of_every_role_changes_nothing(self, flow: Flow) -> None:
        before = flow.now()
        flow.checkout.inv("up", "--full", seconds=UP)
        assert flow.checkout.changed() == 0
        assert before.changes_to(flow.now(), "packages", "users", "groups", "units", "ports") == []

    def test_check_mode_on_a_converged_host_changes_nothing(self, flow: Flow) -> None:
        flow.checkout.inv("up", "--check", "--full", seconds=UP)
        assert flow.checkout.changed() == 0

    def test_status_lists_every_service(self, flow: Flow) -> None:
        text = flow.checkout.inv("status", "--json", seconds=QUICK).out
        json.loads(text)
        assert [name for name in SERVICES if name not in text] == []

    def test_killed_services_come_back(self, flow: Flow) -> None:
        killed = {name: flow.service(name).pid() for name in SERVICES}
        for name in SERVICES:
            flow.service(name).signal("KILL")
        for name, old in killed.items():
            wait_until(lambda: flow.service(name).pid() not in (0, old), 60, f"{name} has a new process")  # noqa: B023
            wait_until(flow.service(name).is_running, 60, f"{name} runs")

    def test_smoke_is_green_after_the_kills(self, flow: Flow) -> None:
        wait_until(lambda: ports_of(flow.now()) >= PORTS, 60, "every port listens again")
        flow.checkout.inv("smoke", seconds=SMOKE)
        assert "no trouble found" in flow.checkout.inv("doctor").out

    def test_a_killed_supervisor_finds_its_programs_again(self, flow: Flow) -> None:
        if flow.host.boot == "systemd":
            pytest.skip("pid 1 cannot be killed")
        flow.host.run('kill -KILL "$(cat /run/rabbitry/supervisord.pid)"')
        flow.host.run([BOOT_COMMAND], seconds=120)
        for name in SERVICES:
            wait_until(flow.service(name).is_running, 60, f"{name} runs")
        wait_until(lambda: ports_of(flow.now()) >= PORTS, 60, "every port listens again")
        flow.checkout.inv("smoke", seconds=SMOKE)

    def test_everything_is_back_after_a_reboot(self, flow: Flow) -> None:
        keepsake.leave(flow.host)
        flow.boot()
        wait_until(lambda: ports_of(flow.now()) >= PORTS, 90, "every port listens after the boot")
        for name in SERVICES:
            wait_until(flow.service(name).is_running, 60, f"{name} runs after the boot")
        wait_until(
            lambda: flow.checkout.inv("smoke", seconds=SMOKE).rc == 0, 60, "smoke is green after the boot"
        )
        assert keepsake.find(flow.host) == keepsake.ALL_THERE
        assert "no trouble found" in flow.checkout.inv("doctor").out

    def test_up_after_a_reboot_changes_nothing(self, flow: Flow) -> None:
        flow.checkout.inv("up", seconds=QUICK)
        assert flow.checkout.changed() == 0

    def test_down_leaves_nothing_listening(self, flow: Flow) -> None:
        flow.checkout.inv("down", seconds=120)
        assert flow.before.changes_to(flow.now(), "ports", "processes") == []

    def test_up_after_down_finds_the_data_again(self, flow: Flow) -> None:
        flow.checkout.inv("up", seconds=UP)
        assert keepsake.find(flow.host) == keepsake.ALL_THERE
        flow.checkout.inv("smoke", seconds=SMOKE)

    def test_destroy_leaves_nothing(self, flow: Flow) -> None:
        flow.checkout.inv("destroy", "--yes", seconds=180)
        assert flow.before.changes_to(flow.now()) == []


@pytest.mark.hosts
@pytest.mark.steps
class TestDebian12(Steps):
    kind = ("bookworm", "systemd")


@pytest.mark.hosts
@pytest.mark.steps
class TestDebian13(Steps):
    kind = ("trixie", "systemd")


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestDebian13WithoutInit(Steps):
    kind = ("trixie", "noinit")
