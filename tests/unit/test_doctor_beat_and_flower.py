"""The checks of beat and Flower, on evidence as hosts gave it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from rabbitry.doctor.checks import beat, flower
from rabbitry.doctor.evidence import Evidence
from tests.unit.stack_document import stack

NOW = 1795460474.0
CELERY = "/opt/rabbitry/venvs/22ae/bin/python /opt/rabbitry/venv/bin/celery"


def state(name: str = "running", pid: int = 0, **more: Any) -> dict[str, Any]:
    values = {"running": name == "running", "state": name, "pid": pid, "since": NOW - 60, "reason": ""}
    return {**values, "listens": [], "from": [], **more}


def process(pid: int, command: str, unit: str = "", letter: str = "S") -> dict[str, Any]:
    return {
        "pid": pid, "user": "celery", "name": "celery", "command": f"{CELERY} {command}", "service": "",
        "unit": unit, "state": letter, "directory": "/opt/rabbitry/current",
    }  # fmt: skip


BEAT = process(10, "-A sample beat -l INFO -s /x --pidfile=", "stack-beat.service")
WORKER = process(11, "-A sample worker -n default@%h -Q default,beat -P prefork", "stack-worker.service")


def evidence(services: dict[str, Any], processes: tuple[Any, ...] = (), **sections: Any) -> Evidence:
    return Evidence(
        "localhost", NOW, {"pulse": {"services": services}, "processes": list(processes), **sections}
    )


def test_beat_cannot_write_its_schedule() -> None:
    said = "Removing corrupted schedule file '/var/lib/rabbitry/beat/schedule': PermissionError(13)"
    drift = {"kind": "directory", "name": "/var/lib/rabbitry/beat", "why": "`beat` has user `root`"}
    logs = {"stack-beat": ["before", said]}
    seen = evidence({"stack-beat": state("crashing")}, logs=logs, facts={"drift": [drift]})
    found = beat.schedule_file(stack(), seen)
    assert found and (found.wrong, found.evidence) == ("`beat` has user `root`", (said,))
    assert beat.schedule_file(stack(), evidence({"stack-beat": state()}, logs=logs)) is None
    bare = beat.schedule_file(stack(), evidence({"stack-beat": state("failed")}, logs=logs))
    assert bare and "cannot be used" in bare.wrong
    assert beat.schedule_file(stack(), evidence({"stack-beat": state("failed")})) is None


@pytest.mark.parametrize(
    "command", ["-A sample beat", "-A sample worker -B", "-A sample worker -l INFO --beat -Q default"]
)
def test_a_second_beat_is_one_that_is_not_the_service_s(command: str) -> None:
    own = {"stack-beat": state(pid=10)}
    assert beat.double(stack(), evidence(own, (BEAT, WORKER))) is None
    found = beat.double(stack(), evidence(own, (BEAT, WORKER, process(12, command, "other.service"))))
    assert found
    assert found.wrong == "a beat runs besides stack-beat: process 12 of celery in other.service"
    assert found.evidence[0].startswith("12: ")


def test_a_stopped_process_is_frozen() -> None:
    own = {"stack-beat": state(pid=10)}
    assert beat.frozen(stack(), evidence(own, (BEAT, WORKER))) is None
    found = beat.frozen(stack(), evidence(own, (BEAT | {"state": "T"},)))
    assert found and found.wrong == "stack-beat (process 10) is stopped by a signal: it sends nothing"


@pytest.mark.parametrize(("check", "service"), [(beat.down, "stack-beat"), (flower.down, "stack-flower")])
def test_a_service_is_down_unless_it_waits_for_a_server(check: Any, service: str) -> None:
    crashing = {service: state("crashing", reason="exit status 1")}
    found = check(stack(), evidence(crashing, logs={service: ["one", " two "]}))
    assert found and (found.wrong, found.evidence) == (f"{service} is crashing: exit status 1", ("two",))
    waiting = {service: state("starting"), "redis-server": state("failed")}
    assert check(stack(), evidence(waiting)) is None
    assert check(stack(), evidence({service: state()})) is None
    assert check(stack(), evidence({})) is None


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("flower -A sample --port=5556", "-A"),
        ("flower --port=5556 --broker=amqp://guest:***@localhost", "--broker"),
        ("-A sample flower --conf=/etc/rabbitry/flowerconfig.py", ""),
        ("-A sample --broker=amqp://*** flower --address=127.0.0.1", ""),
    ],
)
def test_the_order_of_a_flower_s_options(command: str, option: str) -> None:
    found = flower.old_start_line(stack(), evidence({}, (process(20, command),)))
    assert (found is not None) is bool(option)
    assert found is None or f"`{option}` behind `flower`" in found.wrong


def test_flower_is_empty_when_the_broker_does_not_know_it() -> None:
    broker = {"connections": [{"peer_port": 40868, "vhost": "app"}, {"peer_port": 45414, "vhost": "/"}]}
    for ports, since, empty in (([45414], 60, True), ([40868], 60, False), ([], 5, False)):
        services = {"stack-flower": state(since=NOW - since) | {"listens": [5555], "from": ports}}
        logs = {"stack-flower": ["[I 261123 19:00:27 mixins:228] Connected to memory://localhost//"]}
        found = flower.empty(stack(), evidence(services, rabbitmq=broker, logs=logs))
        assert (found is not None) is empty
        assert found is None or "Connected to memory" in found.evidence[0]
    assert flower.empty(stack(), evidence({"stack-flower": state()}, rabbitmq={"fault": "no"})) is None


@pytest.mark.parametrize(
    ("url", "empty"),
    [
        ("amqp://app:**@127.0.0.1:5672/app", False),
        ("amqp://o%27brien%20%40:**@127.0.0.1:5672/a/b%20%252F%20c", True),
        ("amqp://app:**@127.0.0.1:5673/app", True),
        ("memory://localhost//", True),
        ("", False),
    ],
)
def test_flower_s_log_tells_its_broker_where_sockets_are_hidden(url: str, empty: bool) -> None:
    """As in a container whose root may not look into other users' processes."""
    broker = {"connections": [{"peer_port": 40868, "vhost": "app"}]}
    logs = {"stack-flower": [f"[I 261123 19:00:27 mixins:228] Connected to {url}"] if url else []}
    services = {"stack-flower": state()}
    assert (flower.empty(stack(), evidence(services, rabbitmq=broker, logs=logs)) is not None) is empty


def test_a_vhost_of_awkward_characters_is_recognised_in_flower_s_log() -> None:
    said = "Connected to amqp://o%27brien%20%40%3A%22x%22:**@127.0.0.1:5673/a/b%20%252F%20c"
    found = flower.CONNECTED.search(said)
    assert found and (found["port"], found["vhost"]) == ("5673", "a/b%20%252F%20c")
    assert unquote(found["vhost"]) == "a/b %2F c"


def test_flower_asks_nobody_for_a_password() -> None:
    own = {"stack-flower": state()}
    found = flower.unauthorized(stack(), evidence(own, system={"flower": 200}))
    assert found and "127.0.0.1:5555" in found.wrong
    assert flower.unauthorized(stack(), evidence(own, system={"flower": 401})) is None
    assert flower.unauthorized(stack(), evidence({}, system={"flower": 200})) is None
