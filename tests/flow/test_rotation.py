"""Editing one password makes every part use the new one: no task is lost, nothing restarts without need."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.support import application
from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host, Result
from tests.support.program import entries, program
from tests.support.service import HostService
from tests.support.wait import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.long]

WORKER, BEAT, FLOWER, REDIS = "stack-worker-default", "stack-beat", "stack-flower", "redis-server"
SERVICES = ("rabbitry-epmd", "rabbitmq-server", REDIS, WORKER, BEAT, FLOWER)
DECISIONS = f"{CLONE}/inventory/group_vars/local.yml"
SECRETS = "/run/secrets-of-the-test"
PYTHON = "/opt/rabbitry/venv/bin/python"
UP, QUICK, SMOKE, SOON = 300, 120, 120, 60
# As many confirmed tasks are waited for before the edit, and after `up`.
STREAM = 30
# systemd says by this that a unit has started.
UNIT_STARTED = "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf"
SUCCEEDED = re.compile(r"Task sample\.tasks\.add\[([0-9a-f-]+)\] succeeded")


@dataclass(frozen=True)
class Rotation:
    """A password, where its user logs in, and the services that cannot learn a new one while they run."""

    name: str
    user: str
    door: str
    restarts: frozenset[str] = frozenset()

    @property
    def variable(self) -> str:
        return f"stack_{self.name}_password"


ROTATIONS = [
    # The broker learns it while it runs. Who logs in there has it in the environment, from celery.env.
    Rotation("app", "app", "amqp", frozenset({WORKER, BEAT, FLOWER})),
    # So does Redis, which takes both until the others, who have it from there too, have changed over.
    Rotation("redis", "default", "redis", frozenset({WORKER, BEAT, FLOWER})),
    # Only Flower asks the management API; it has both of these in flowerconfig.py.
    Rotation("monitor", "monitor", "http://127.0.0.1:15672/api/whoami", frozenset({FLOWER})),
    Rotation("flower", "flower", "http://127.0.0.1:5555/", frozenset({FLOWER})),
    # No service is the administrator: verbs log in anew each time.
    Rotation("admin", "admin", "http://127.0.0.1:15672/api/whoami"),
]
LOGIN = """\
import base64, json, os, sys, urllib.error, urllib.request
import amqp, redis
door, user = sys.argv[1:]
password = os.environ["PASSWORD"]
try:
    if door == "amqp":
        amqp.Connection("127.0.0.1:5672", userid=user, password=password, virtual_host="app").connect()
    elif door == "redis":
        redis.Redis(password=password).ping()
    else:
        login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        urllib.request.urlopen(urllib.request.Request(door, headers={"Authorization": login}), timeout=10)
    print("in")
except (amqp.AccessRefused, redis.AuthenticationError, urllib.error.HTTPError) as error:
    assert getattr(error, "code", 401) in (401, 403), error
    print("refused")
"""
# What the result backend has of tasks, by the password that the application has now.
UNKNOWN = """\
ids = json.load(open(sys.argv[1]))
keys = [app.backend.get_key_for_task(one) for one in ids]
found = [json.loads(text)["status"] if text else "" for text in app.backend.mget(keys)]
print(json.dumps([one for one, status in zip(ids, found, strict=True) if status != "SUCCESS"]))
"""


@dataclass(frozen=True)
class Rotated:
    """What was seen while one password became another; `starts` is how often, `shown` are command lines."""

    rotation: Rotation
    checkout: Checkout
    old: str
    new: str
    up: Result
    before: Mapping[str, int]
    after: Mapping[str, int]
    starts: Mapping[str, int]
    confirmed: list[str]
    lost: Mapping[str, int]
    shown: list[str]
    cursor: str

    @property
    def host(self) -> Host:
        return self.checkout.host


@pytest.fixture(scope="class", params=ROTATIONS, ids=lambda one: one.name)
def rotated(request: pytest.FixtureRequest, running: Checkout) -> Rotated:
    """Edit one value and run `up`, while tasks are sent and every command line is looked at."""
    rotation: Rotation = request.param
    host = running.host
    old, new = running.inv("secrets", rotation.name).out.strip(), f"rotated-{rotation.name}-4f7a9c02"
    assert len(old) >= 16 and old != new
    host.write(SECRETS, f"{old}\n{new}\n", mode="0600")
    before = pids(host)
    cursor = host.run("journalctl -n 0 --show-cursor").out.partition("cursor: ")[2].strip()
    publisher = f"set -a; . /etc/rabbitry/celery.env; exec {PYTHON} /srv/publisher.py"
    with (
        program(host, "watcher", f"exec {PYTHON} /srv/watcher.py {SECRETS}", "root") as watched,
        program(host, "publisher", publisher, "celery") as ledger,
    ):

        def confirmed() -> int:
            return len(entries(host, ledger, "confirmed"))

        wait_until(lambda: "watching" in host.read(watched), SOON, "the watcher watches")
        wait_until(lambda: confirmed() > STREAM, SOON, "tasks are confirmed")
        decide(host, rotation.variable, new)
        up = running.inv("up", seconds=UP, check=False)
        after, starts = pids(host), started(host, cursor)
        enough = confirmed() + STREAM
        wait_until(lambda: confirmed() > enough, SOON, "the stream goes on")
    return Rotated(
        rotation, running, old, new, up, before, after, starts,
        confirmed=entries(host, ledger, "confirmed"),
        lost=Counter(entries(host, ledger, "lost")),
        shown=entries(host, watched, "shown"),
        cursor=cursor,
    )  # fmt: skip


class TestRotation:
    """Each password in its turn, on one host."""

    def test_up_ends_with_proof(self, rotated: Rotated) -> None:
        assert rotated.up.rc == 0, rotated.up
        assert "2 of 2 queues carried a task" in rotated.up.text, rotated.up

    def test_the_new_password_lets_in_and_the_old_one_does_not(self, rotated: Rotated) -> None:
        assert login(rotated, rotated.new) == "in"
        assert login(rotated, rotated.old) == "refused"
        assert rotated.checkout.inv("secrets", rotated.rotation.name).out.strip() == rotated.new

    def test_every_confirmed_task_ran_and_left_its_result(self, rotated: Rotated) -> None:
        assert len(rotated.confirmed) > 2 * STREAM
        confirmed = set(rotated.confirmed)
        wait_until(lambda: none_of(confirmed - finished(rotated)), SOON, "every confirmed task has run")
        path = "/tmp/confirmed.json"
        rotated.host.write(path, json.dumps(rotated.confirmed))
        wait_until(
            lambda: none_of(application.python(rotated.host, application.CLIENT + UNKNOWN, path)),
            SOON,
            "every task that ran has left its result",
        )
        # Only a publisher who reads his own new password before the broker knows it is refused for a while.
        assert rotated.rotation.door == "amqp" or not rotated.lost

    def test_only_what_had_to_was_restarted_and_once(self, rotated: Rotated) -> None:
        changed = {name for name in SERVICES if rotated.before[name] != rotated.after[name]}
        assert changed == rotated.rotation.restarts
        assert rotated.starts == dict.fromkeys(rotated.rotation.restarts, 1)

    def test_a_second_up_changes_nothing(self, rotated: Rotated) -> None:
        rotated.checkout.inv("up", seconds=QUICK)
        assert rotated.checkout.changed() == 0
        assert pids(rotated.host) == rotated.after

    def test_smoke_is_green(self, rotated: Rotated) -> None:
        rotated.checkout.inv("smoke", seconds=SMOKE)

    def test_neither_password_stands_in_a_command_line_or_a_log(self, rotated: Rotated) -> None:
        assert rotated.shown == []
        logs = f"{CLONE}/.state/local/log /var/log"
        search = f"grep -rlFf {SECRETS} --exclude-dir=journal {logs}; journalctl -o cat | grep -cFf {SECRETS}"
        assert rotated.host.run(search, check=False).out == "0\n"


def decide(host: Host, variable: str, value: str) -> None:
    """Give one variable of the environment's decisions another value."""
    there: dict[str, Any] = yaml.safe_load(host.read(DECISIONS)) if host.exists(DECISIONS) else {}
    host.write(DECISIONS, yaml.safe_dump({**there, variable: value}), mode="0600")


def pids(host: Host) -> dict[str, int]:
    return {name: HostService(host, name).pid() for name in SERVICES}


def started(host: Host, cursor: str) -> dict[str, int]:
    """How often each of the services was started since, by systemd's own words."""
    command = ["journalctl", f"--after-cursor={cursor}", "-o", "json", "--output-fields=UNIT", UNIT_STARTED]
    units = [json.loads(line)["UNIT"].removesuffix(".service") for line in host.run(command).out.splitlines()]
    return {name: units.count(name) for name in SERVICES if name in units}


def finished(rotated: Rotated) -> set[str]:
    command = ["journalctl", f"--after-cursor={rotated.cursor}", "-o", "cat", "-u", WORKER]
    return set(SUCCEEDED.findall(rotated.host.run(command).out))


def none_of(tasks: Any) -> bool:
    assert not tasks, f"{len(tasks)} tasks are missing, {sorted(tasks)[:3]} among them"
    return True


def login(rotated: Rotated, password: str) -> str:
    """How the password's user fares with this one: `in` or `refused`."""
    command = [PYTHON, "-c", LOGIN, rotated.rotation.door, rotated.rotation.user]
    return rotated.host.run(command, env={"PASSWORD": password}).out.strip()
