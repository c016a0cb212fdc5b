"""`status` finds what runs but does not work, and says it in sentences, tables and JSON."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from rabbitry.listing import age, size, tables
from rabbitry.model import Stack
from rabbitry.overview import Overview
from tests.unit.stack_document import application, document, stack

STACK = stack()
NAMES = [service.name for service in STACK.hosts[0].services]
PORTS = {"stack-worker-default": [40001, 40002], "stack-worker-math": [40003]}


def _queue(name: str, **counts: int) -> dict[str, Any]:
    return {"vhost": "app", "name": name, "type": "quorum", **counts}


def _pulse() -> dict[str, Any]:
    return {
        "host": "localhost",
        "time": 1000.0,
        "versions": {"app": {"celery": "5.7.0", "flower": "2.2.0"}},
        "services": {
            name: {
                "running": True,
                "state": "running",
                "pid": 10 + number,
                "since": 900.0,
                "restarts": 0,
                "listens": [5672] if name == "rabbitmq-server" else [],
                "from": PORTS.get(name, []),
            }
            for number, name in enumerate(NAMES)
        },
        "broker": {
            "versions": {"rabbitmq": "4.0.5", "erlang": "27"},
            "alarms": [],
            "delayed": {"app": 3},
            "nodes": [
                {"name": "rabbit@localhost", "mem_used": 2**20, "mem_limit": 2**30, "disk_free": 2**30}
                | {"disk_free_limit": 50 * 2**20}
            ],
            "queues": [
                {
                    "vhost": "app",
                    "name": "default",
                    "type": "quorum",
                    "ready": 1,
                    "unacknowledged": 0,
                    "consumers": 1,
                },
                {
                    "vhost": "app",
                    "name": "math",
                    "type": "quorum",
                    "ready": 0,
                    "unacknowledged": 2,
                    "consumers": 2,
                },
            ],
            "consumers": [
                {"vhost": "app", "queue": "default", "peer": 40001, "prefetch": 8},
                {"vhost": "app", "queue": "math", "peer": 40001, "prefetch": 8},
                {"vhost": "app", "queue": "math", "peer": 40003, "prefetch": 8},
            ],
        },
        "backend": {
            "versions": {"redis": "8.0.2"},
            "memory": {"used_memory": 2**20, "maxmemory": 0, "maxmemory_policy": "noeviction"},
            "persistence": {"rdb_last_bgsave_status": "ok", "rdb_changes_since_last_save": 4},
        },
        "flower": {"stack-flower": {"healthy": True}},
    }


def _said(pulse: dict[str, Any]) -> list[str]:
    return [fault.message for fault in Overview(STACK, {"localhost": pulse}).faults()]


def test_a_healthy_stack_has_no_fault() -> None:
    assert _said(_pulse()) == []


def test_a_worker_that_runs_but_does_not_consume_is_named() -> None:
    pulse = _pulse()
    pulse["broker"]["consumers"].pop()
    assert _said(pulse) == ["stack-worker-math does not consume from queue math"]


def test_consumers_are_counted_where_connections_cannot_be_seen() -> None:
    pulse = _pulse()
    for service in pulse["services"].values():
        service["from"] = []
    assert _said(pulse) == []
    pulse["broker"]["queues"][1]["consumers"] = 1
    assert _said(pulse) == [
        "stack-worker-default does not consume from queue math",
        "stack-worker-math does not consume from queue math",
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("services", "stack-beat", "running"), False, "stack-beat is running on localhost"),
        (("broker", "alarms"), ["memory"], "rabbitmq-server raises its memory alarm: publishers are blocked"),
        (("broker",), {"fault": "the management API is silent"}, "the management API is silent"),
        (("backend", "persistence", "rdb_last_bgsave_status"), "err", "redis-server could not save its data"),
        (("flower", "stack-flower"), {"healthy": False}, "stack-flower says that it is not healthy"),
        (("broker", "queues"), [], "rabbitmq-server has no queue default"),
    ],
)
def test_a_fault_is_one_sentence(path: tuple[str, ...], value: Any, said: str) -> None:
    pulse = copy.deepcopy(_pulse())
    place = pulse
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert _said(pulse)[0] == said


def test_a_host_that_could_not_be_asked_is_a_fault() -> None:
    overview = Overview(STACK, {}, " --env stage")
    fault = overview.faults()[0]
    assert (fault.message, fault.hint) == ("host localhost could not be asked", "./inv up --env stage")
    assert tables(overview, 0.0)
    assert overview.document()["healthy"] is False


def test_an_application_has_the_queues_of_its_own_vhost_only() -> None:
    data = document()
    data["apps"] = [application("shop"), application("blog", db=1)]
    pulse = {**_pulse(), "versions": {"shop": {"celery": "5.7.0"}, "blog": {"celery": "5.6.2"}}}
    for kind in ("queues", "consumers"):
        pulse["broker"][kind] = [{**one, "vhost": "blog"} for one in pulse["broker"][kind]]
    pulse["broker"]["delayed"] = {"shop": 0, "blog": 3}
    overview = Overview(Stack.from_data(data), {"localhost": pulse})
    assert "rabbitmq-server has no queue default" in [one.message for one in overview.faults()]
    found = tables(overview, now=1000.0)
    assert {row[0] for row in found[2][1]} == {"blog"}
    assert overview.version(overview.stack.hosts[0], "stack-beat-blog") == "5.6.2"


def test_the_document_is_json_and_complete() -> None:
    told = json.loads(json.dumps(Overview(STACK, {"localhost": _pulse()}).document()))
    assert told["healthy"] is True
    assert [service["name"] for service in told["services"]] == NAMES
    assert told["workers"][1]["consumes"] == ["math"]
    versions = {service["name"]: service["version"] for service in told["services"]}
    assert versions["rabbitmq-server"] == "4.0.5"
    assert versions["redis-server"] == "8.0.2"
    assert versions["stack-flower"] == "2.2.0"
    assert versions["stack-worker-math"] == "5.7.0"


def test_the_tables_name_state_ports_depths_and_memory() -> None:
    services, workers, queues, servers = tables(Overview(STACK, {"localhost": _pulse()}), now=1000.0)
    assert services[1][0] == ("localhost", "rabbitmq-server", "running", "1 min 40 s", "10", "5672", "4.0.5")
    assert workers[1][0] == ("stack-worker-default", "localhost", "default math", "default math")
    assert queues[1][0] == ("app", "default", "quorum", "1", "0", "1")
    assert queues[1][-1] == ("app", "(countdown)", "", "3", "", "")
    assert servers[1][1] == ("redis", "-", "1.0 MiB noeviction", "4 changes since the last save (ok)")


def test_the_release_in_use_is_shown_and_a_failed_one_is_not() -> None:
    use = {
        "release": "0123456789abcdef",
        "venv": "v",
        "since": 940.0,
        "by": "deploy",
        "run": "1",
        "failed": "",
    }
    uses = [{**use, "kept": True}, {**use, "release": "f" * 16, "failed": "it is ill", "kept": True}]
    pulse = {**_pulse(), "releases": {"app": {"uses": uses, "before": None}}}
    overview = Overview(STACK, {"localhost": pulse})
    (head, rows), *_ = tables(overview, now=1000.0)[1:]
    assert head[0] == "application" and rows == [("app", "localhost", "01234567", "1 min", "deploy")]
    assert overview.document()["releases"]["localhost"]["app"]["uses"] == uses


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (41, "41 s"), (192, "3 min 12 s"), (3600, "1 h"), (7500, "2 h 5 min"), (781200, "9 d 1 h")],
)
def test_an_age_has_two_units(seconds: float, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(("amount", "text"), [(512, "512 B"), (1536, "1.5 KiB"), (3 * 2**30, "3.0 GiB")])
def test_a_size_is_readable(amount: float, text: str) -> None:
    assert size(amount) == text
