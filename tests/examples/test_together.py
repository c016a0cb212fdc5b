"""All examples on one stack: each keeps what it promises, and none notices what becomes of another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.examples.test_canvas import Canvas
from tests.examples.test_django import Django
from tests.examples.test_exchanges import Exchanges
from tests.examples.test_hello import HelloCelery, HelloRabbitmq
from tests.examples.test_once import Once
from tests.examples.test_signals import Signals
from tests.support.checkout import CLONE, Checkout
from tests.support.example import UP, Deployed, Example
from tests.support.service import HostService
from tests.support.snapshot import Snapshot
from tests.support.wait import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

TOGETHER = "together"
DECISIONS = f"{CLONE}/examples/{TOGETHER}/group_vars/{TOGETHER}.yml"
TASKS = f"{CLONE}/examples/canvas/app/canvas/tasks.py"
SERVERS = {"rabbitmq-server", "redis-server"}
VHOSTS = "rabbitmqctl -q list_vhosts name"
WITHOUT = """\
import pathlib, sys, yaml
path = pathlib.Path(sys.argv[1])
apps = yaml.safe_load(path.read_text())["stack_apps"]
kept = [{**app, "db": place, "flower_port": 5555 + place} for place, app in enumerate(apps)]
path.write_text(yaml.safe_dump({"stack_apps": [app for app in kept if app["name"] != sys.argv[2]]}))
"""


@pytest.fixture(scope="class")
def example(request: pytest.FixtureRequest, shared: Checkout) -> Example:
    return Example(shared, request.cls.name, app=getattr(request.cls, "app", ""), by=TOGETHER)


class TestTogether(Deployed):
    name = "together"


class TestHelloRabbitmqBesideOthers(HelloRabbitmq):
    name, app = "hello_rabbitmq", "hello"


class TestHelloCeleryBesideOthers(HelloCelery):
    name, app = "hello_celery", "hello"


class TestExchangesBesideOthers(Exchanges):
    name = app = "exchanges"


class TestSignalsBesideOthers(Signals):
    name = app = "signals"


class TestCanvasBesideOthers(Canvas):
    name = app = "canvas"


class TestOnceBesideOthers(Once):
    name = app = "once"


class TestDjangoBesideOthers(Django):
    name, app = "django", "shop"


class TestApart:
    """What is done to one application is done to that one."""

    name = TOGETHER

    def test_no_account_reads_what_another_application_has(self, example: Example) -> None:
        for path in ("/etc/rabbitry/celery-once.env", "/opt/rabbitry/apps/once/lib/stack_settings.json"):
            read = example.host.run(["cat", path], user="celery-signals", check=False)
            assert read.rc != 0 and "Permission denied" in read.err

    def test_new_code_of_one_restarts_that_one_only(self, example: Example) -> None:
        before = pids(example)
        example.host.run(["sh", "-c", f"echo '# newer' >>{TASKS}"])
        example.inv("up", seconds=UP)
        after = pids(example)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"stack-worker-canvas-default", "stack-beat-canvas", "stack-flower-canvas"}

    def test_one_that_is_taken_out_goes_and_the_others_stay(self, example: Example) -> None:
        before = pids(example)
        example.checkout.host.run([".venv/bin/python", "-c", WITHOUT, DECISIONS, "signals"], cwd=CLONE)
        example.inv("up", seconds=UP)
        after = pids(example)
        gone = {name for name in before if "-signals" in name}
        assert set(before) - set(after) == gone
        assert {name: before[name] for name in after} == after
        listed = example.host.run("systemctl list-units --all --plain --no-legend 'stack-*'").out
        assert "signals" not in listed
        for path in ("/opt/rabbitry/apps/signals", "/etc/rabbitry/celery-signals.env"):
            assert not example.host.exists(path)

    def test_what_it_had_in_the_broker_stays_until_it_is_pruned(self, example: Example) -> None:
        assert "signals" in example.host.run(VHOSTS).out.split()
        assert "signals" in example.inv("topology", "--plan").out

    def test_the_others_are_well(self, example: Example) -> None:
        example.inv("smoke")
        wait_until(lambda: "no trouble found" in example.inv("doctor").out, 60, "doctor finds nothing")
        example.inv("up")
        assert example.changed() == 0

    def test_destroy_leaves_nothing_of_any(self, example: Example) -> None:
        example.inv("destroy", "--yes", seconds=180)
        now = Snapshot.of(example.host, CLONE)
        assert [name for name in now.parts["users"] if "celery" in name] == []
        for path in ("/opt/rabbitry", "/etc/rabbitry", "/var/lib/rabbitry"):
            assert not example.host.exists(path)


def pids(example: Example) -> Mapping[str, int]:
    """The processes of the servers and of all applications' services, by name."""
    command = "systemctl list-units --plain --no-legend --state=running 'stack-*' | cut -d' ' -f1"
    names = {unit.removesuffix(".service") for unit in example.host.run(command).out.split()} | SERVERS
    return {name: HostService(example.host, name).pid() for name in names}
