"""Services under a real systemd and a real supervisord: words arrive, and what is killed comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.support.hosts import Host
from tests.support.repository import ROOT
from tests.support.wait import wait_until
from tests.unit.nasty import CONTROL, ONE_LINE

pytestmark = pytest.mark.hosts
SIGN = "/run/rabbitry/probe/ready"
PROBE = f"""\
import json, os, pwd, signal, sys
seen = [sys.argv[1:], dict(os.environ), pwd.getpwuid(os.getuid()).pw_name, os.getcwd()]
with open("{SIGN}.new", "w") as file:
    json.dump(seen, file)
os.rename("{SIGN}.new", "{SIGN}")
signal.pause()
"""
# Keeps its port in a child, so that a kill of the first process leaves the port held.
SERVER = "python3 -m http.server 7777 --bind 127.0.0.1 & child=$!; trap 'kill $child' TERM; wait $child"
CALL = """\
import json, sys
sys.path.insert(0, "/root/collections")
from ansible_collections.rabbitry.stack.plugins.module_utils import services, supervisor
arguments = {key: value.get("default") for key, value in services.ARGUMENTS.items()} | json.loads(sys.argv[1])
if "ask" in arguments:
    print(json.dumps(supervisor.states(arguments["ask"])))
else:
    print(json.dumps(services.execute(arguments, check=False)))
"""


class Machine:
    """A host on which the module's logic runs without Ansible around it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.run(["useradd", "--system", "--create-home", "app"])
        host.run("mkdir -p /root/collections/ansible_collections/rabbitry/stack")
        host.copy_in(ROOT / "plugins", "/root/collections/ansible_collections/rabbitry/stack/plugins")
        host.write("/opt/probe.py", PROBE)
        folder = ROOT / "roles/service/files"
        self.programs = {f"/opt/rabbitry/libexec/{one.name}": one.read_text() for one in folder.iterdir()}

    def call(self, **arguments: Any) -> Any:
        return self.host.script(CALL, json.dumps({"programs": self.programs, **arguments}), seconds=300)

    def up(self) -> Any:
        return self.call(owner="test", services=[self.server(), self.probe()])

    def state(self, name: str) -> Any:
        return self.call(ask=[name])[name]

    def kill(self, pid: int) -> None:
        self.host.run(f"kill -9 {pid}")

    def server(self) -> dict[str, Any]:
        ready = {"http": "http://127.0.0.1:7777/", "timeout": 20}
        return {"name": "server", "command": ["/bin/bash", "-c", SERVER], "user": "app", "ready": ready}

    def words(self) -> list[str]:
        return [*ONE_LINE, *(CONTROL if self.host.boot == "systemd" else ())]

    def probe(self) -> dict[str, Any]:
        return {
            "name": "probe",
            "command": ["/usr/bin/python3", "/opt/probe.py", *self.words()],
            "user": "app",
            "working_dir": "/home/app",
            "environment": {"VALUE": "%h %2F $HOME \\ , x=y"},
            "after": ["server"],
            "wait_for": ["127.0.0.1:7777"],
            "runtime_dirs": ["probe"],
            "ready": {"file": SIGN, "timeout": 20},
        }

    def running_again(self, name: str, old_pid: int) -> bool:
        state = self.state(name)
        return bool(state["running"] and state["pid"] != old_pid)


@pytest.fixture(scope="module", params=["systemd", "noinit"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    host = Host.start("trixie", request.param, label="services")
    try:
        yield Machine(host)
    finally:
        host.remove()


def test_every_word_arrives_and_a_second_run_changes_nothing(machine: Machine) -> None:
    assert machine.up()["started"] == ["server", "probe"]
    words, environment, user, folder = json.loads(machine.host.read(SIGN))
    assert (words, user, folder) == (machine.words(), "app", "/home/app")
    assert environment["VALUE"] == "%h %2F $HOME \\ , x=y" and environment["HOME"] == "/home/app"
    assert machine.up()["changed"] is False


@pytest.mark.parametrize("name", ["probe", "server"])
def test_what_is_killed_comes_back_also_when_its_child_holds_the_port(machine: Machine, name: str) -> None:
    pid = machine.state(name)["pid"]
    machine.kill(pid)
    wait_until(lambda: machine.running_again(name, pid), 20, f"{name} runs again")
    wait_until(lambda: machine.up()["changed"] is False, 30, "nothing is left to do")


def test_a_killed_supervisord_finds_its_programs_again(machine: Machine) -> None:
    if machine.host.boot == "systemd":
        pytest.skip("systemd is the first process: killing it ends the host")
    pids = {name: machine.state(name)["pid"] for name in ("server", "probe")}
    machine.kill(int(machine.host.read("/run/rabbitry/supervisord.pid")))
    machine.host.run(["/opt/rabbitry/libexec/supervisor-start"], seconds=60)
    for name, pid in pids.items():
        wait_until(partial(machine.running_again, name, pid), 20, f"{name} runs again")
        assert machine.state(name)["restarts"] == 0
        assert not machine.host.exists(f"/proc/{pid}")
    assert machine.up()["changed"] is False


def test_everything_is_back_after_a_reboot(machine: Machine) -> None:
    machine.host.reboot()
    if machine.host.boot == "noinit":
        machine.host.run(["/opt/rabbitry/libexec/supervisor-start"], seconds=60)
    wait_until(lambda: machine.running_again("probe", 0), 30, "probe runs")
    assert machine.up()["changed"] is False


def test_what_is_stopped_stays_stopped_and_what_is_removed_leaves_nothing(machine: Machine) -> None:
    assert machine.call(state="stopped")["stopped"] == ["probe", "server"]
    machine.host.reboot()
    assert not machine.state("probe")["running"] and not machine.state("probe")["enabled"]
    assert machine.up()["started"] == ["server", "probe"]
    assert sorted(machine.call(state="absent")["removed"]) == ["probe", "server"]
    assert machine.state("probe")["state"] == "missing"
    assert machine.host.run(["pgrep", "-u", "app"], check=False).out == ""
    assert not machine.host.exists("/run/rabbitry")
