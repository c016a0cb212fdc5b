"""The life of a stack on a host that says it is a Mac, by an ordinary user: up, smoke, down, destroy."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

import pytest

from tests.macos.mac import CLONE, HOME, Mac
from tests.support.wait import wait_until

PORTS = {"5672", "15672", "6379", "5555"}
SERVICES = ("rabbitmq-server", "redis-server", "stack-worker-default", "stack-beat", "stack-flower")
AGENTS = ("stack-worker-default", "stack-beat", "stack-flower")
UP, SMOKE, QUICK = 480, 120, 240


class Flow:
    """One Mac with its checkout, and what was there before."""

    def __init__(self, mac: Mac) -> None:
        self.mac = mac
        self.host = mac.host

    @cached_property
    def before(self) -> dict[str, Any]:
        return dict(self.mac.snapshot())

    def ports(self) -> set[str]:
        return {line.rpartition(":")[2] for line in self.mac.snapshot()["ports"]}

    def plist(self, name: str) -> dict[str, Any]:
        text = self.mac.run(f"cat Library/LaunchAgents/{name}.plist").out
        found: dict[str, Any] = plistlib.loads(text.encode())
        return found

    def pid(self, label: str) -> str:
        """The process of a job in whichever domain it is, "" when it has none."""
        print_it = f"launchctl print $domain/$(id -u)/{label} 2>/dev/null"
        lines = self.mac.run(f"for domain in gui user; do {print_it}; done", check=False).out.splitlines()
        return next((line.split()[-1] for line in lines if line.startswith("\tpid = ")), "")


@pytest.fixture(scope="class")
def flow(request: pytest.FixtureRequest) -> Iterator[Flow]:
    mac = Mac.start(request.cls.machine)
    try:
        yield Flow(mac)
    finally:
        mac.host.remove()


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestAppleSilicon:
    machine: ClassVar[str] = "arm64"

    def test_the_host_is_a_mac_and_its_user_nobody_special(self, flow: Flow) -> None:
        assert flow.before["ports"] == []
        assert flow.mac.run("id -u").out.strip() != "0"
        assert flow.mac.run("sudo -n true", check=False).rc != 0
        assert "as root" in flow.host.run(f"{flow.mac.prefix}/bin/brew install redis", check=False).text

    def test_root_is_refused_before_anything_is_changed(self, flow: Flow) -> None:
        refused = flow.host.run(["./inv", "up"], cwd=CLONE, seconds=UP, check=False)
        flow.host.run(["chown", "-R", "dev:dev", CLONE])
        assert refused.rc != 0 and "Homebrew does not work" in refused.text
        assert flow.mac.snapshot() == flow.before

    def test_check_mode_on_a_fresh_host_changes_nothing(self, flow: Flow) -> None:
        flow.mac.inv("up", "--check", seconds=UP)
        assert flow.mac.snapshot() == flow.before

    def test_up_ends_with_a_working_stack(self, flow: Flow) -> None:
        flow.mac.inv("up", seconds=UP)
        assert flow.ports() >= PORTS

    def test_everything_listens_on_loopback_only(self, flow: Flow) -> None:
        assert [one for one in flow.mac.snapshot()["ports"] if not one.startswith("n127.0.0.1:")] == []

    def test_nothing_is_outside_of_the_prefix_and_the_home(self, flow: Flow) -> None:
        owned = "find / -xdev -user dev -not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/tmp/*'"
        outside = flow.host.run(f"{owned} -not -path '{flow.mac.prefix}*' -not -path '{HOME}*'").out.split()
        assert [path for path in outside if path not in ("/dev/console",)] == []

    def test_the_property_lists_are_as_launchd_wants_them(self, flow: Flow) -> None:
        modes = flow.mac.run("stat -c '%a %U' Library/LaunchAgents/*.plist").out.splitlines()
        assert set(modes) == {"644 dev"} and len(modes) == 5
        for name in AGENTS:
            job = flow.plist(f"rabbitry.{name}")
            assert job["RunAtLoad"] is True and job["KeepAlive"] is True and "UserName" not in job
            assert job["ProgramArguments"][2] == f"{flow.mac.prefix}/var/rabbitry/libexec/launch"
            assert "pw" not in json.dumps(job) and job["StandardOutPath"].endswith(f"rabbitry/{name}.log")
        assert "KeepAlive" not in flow.plist("homebrew.mxcl.rabbitmq")

    def test_smoke_is_green(self, flow: Flow) -> None:
        flow.mac.inv("smoke", seconds=SMOKE)

    def test_doctor_finds_nothing(self, flow: Flow) -> None:
        assert "no trouble found" in flow.mac.inv("doctor", seconds=SMOKE).out

    def test_a_second_up_changes_nothing(self, flow: Flow) -> None:
        flow.mac.inv("up", seconds=QUICK)
        assert flow.mac.changed() == 0

    def test_check_mode_on_a_converged_host_changes_nothing(self, flow: Flow) -> None:
        before = flow.mac.snapshot()["ports"]
        flow.mac.inv("up", "--check", "--full", seconds=UP)
        assert flow.mac.changed() == 0 and flow.mac.snapshot()["ports"] == before

    def test_status_and_logs_know_every_service(self, flow: Flow) -> None:
        status = json.loads(flow.mac.inv("status", "--json", seconds=QUICK).out)
        assert {one["name"] for one in status["services"]} == set(SERVICES)
        assert status["healthy"], status["faults"]
        for name in SERVICES:
            assert flow.mac.inv("logs", name, seconds=QUICK).out.strip(), name

    def test_a_killed_worker_comes_back(self, flow: Flow) -> None:
        old = flow.pid("rabbitry.stack-worker-default")
        flow.mac.run(f"kill -KILL {old}")
        wait_until(
            lambda: flow.pid("rabbitry.stack-worker-default") not in ("", old), 60, "the worker is back"
        )

    def test_restart_ends_with_a_working_stack(self, flow: Flow) -> None:
        old = flow.pid("homebrew.mxcl.redis")
        flow.mac.inv("restart", "redis-server", seconds=UP)
        assert flow.pid("homebrew.mxcl.redis") not in ("", old)

    def test_down_leaves_nothing_listening_and_nothing_for_the_next_login(self, flow: Flow) -> None:
        flow.mac.inv("down", seconds=QUICK)
        assert flow.ports() == set()
        assert flow.mac.run("launchctl list").out.splitlines()[1:] == []
        assert [flow.plist(f"rabbitry.{name}").get("Disabled") for name in AGENTS] == [True] * 3
        assert flow.mac.run("ls Library/LaunchAgents").out.count("homebrew") == 0

    def test_up_by_ssh_uses_the_domain_of_the_user(self, flow: Flow) -> None:
        flow.mac.sit_at_screen(False)
        flow.mac.inv("up", seconds=UP)
        assert flow.ports() >= PORTS
        flow.mac.run("launchctl print user/$(id -u)/rabbitry.stack-beat")
        flow.mac.run("launchctl print user/$(id -u)/homebrew.mxcl.rabbitmq")

    def test_destroy_leaves_nothing(self, flow: Flow) -> None:
        # The user has logged in at the screen since: what ssh had started is found all the same.
        flow.mac.sit_at_screen(True)
        flow.mac.inv("destroy", "--yes", seconds=UP)
        after = flow.mac.snapshot()
        assert sorted(set(after["paths"]) ^ set(flow.before["paths"])) == []
        assert after["ports"] == []


@pytest.mark.hosts
@pytest.mark.steps
@pytest.mark.long
class TestIntel:
    """The other prefix, /usr/local, which others use too."""

    machine: ClassVar[str] = "x86_64"

    def test_up_ends_with_a_working_stack(self, flow: Flow) -> None:
        assert flow.before["ports"] == []
        flow.mac.inv("up", seconds=UP)
        assert flow.ports() >= PORTS
        program = flow.plist("rabbitry.stack-beat")["ProgramArguments"][2]
        assert program == "/usr/local/var/rabbitry/libexec/launch"

    def test_smoke_is_green(self, flow: Flow) -> None:
        flow.mac.inv("smoke", seconds=SMOKE)

    def test_destroy_leaves_nothing(self, flow: Flow) -> None:
        flow.mac.inv("destroy", "--yes", seconds=UP)
        assert sorted(set(flow.mac.snapshot()["paths"]) ^ set(flow.before["paths"])) == []
