"""Workers as services: what is run, what a pool honours, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery_workers import celery_worker_services


def services(*workers: dict[str, Any]) -> list[dict[str, Any]]:
    return celery_worker_services(
        workers,
        home="/opt/rabbitry",
        user="celery",
        group="celery",
        module="shop",
        environment_file="/etc/rabbitry/celery.env",
        longest_task=300,
        wait_for=["127.0.0.1:5672"],
    )


def command(**worker: Any) -> list[str]:
    (service,) = services({"name": "default", "queues": ["default"], **worker})
    return [str(word) for word in service["command"]]


def test_service_is_one_that_every_supervisor_accepts() -> None:
    (given,) = services({"name": "mails", "queues": ["mails", "default"]})
    service = Service.from_vars(given)
    assert service.name == "stack-worker-mails"
    assert service.ready.file == service.environment["RABBITRY_READY_FILE"]
    assert service.stop_timeout == 315
    assert {"/opt/rabbitry/venv", "/opt/rabbitry/current"} <= set(service.watch)


def test_command_names_node_queues_limits_and_the_probe() -> None:
    words = command(queues=["a", "b"], concurrency=3, max_tasks_per_child=100, max_memory_per_child=200000)
    assert words[:4] == ["/opt/rabbitry/venv/bin/celery", "-A", "shop", "worker"]
    for pair in (
        ["-n", "default@%h"],
        ["-Q", "a,b"],
        ["-P", "prefork"],
        ["-l", "INFO"],
        ["-I", "rabbitry_probe"],
    ):
        at = words.index(pair[0], 3)
        assert words[at : at + 2] == pair
    assert {"--concurrency=3", "--max-tasks-per-child=100", "--max-memory-per-child=200000"} <= set(words)
    assert {"--time-limit=300", "--soft-time-limit=270"} <= set(words)


def test_own_limits_win_and_the_worker_gets_time_to_stop() -> None:
    (service,) = services({"name": "long", "queues": ["long"], "time_limit": 60, "soft_time_limit": 50})
    assert {"--time-limit=60", "--soft-time-limit=50"} <= set(service["command"])
    assert service["stop_timeout"] == 75


@pytest.mark.parametrize("pool", ["gevent", "eventlet"])
def test_green_pools_run_without_amqp_heartbeats(pool: str) -> None:
    assert command(pool=pool)[-2:] == ["--", "broker_heartbeat=0"]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_other_pools_keep_heartbeats(pool: str) -> None:
    words = command(pool=pool)
    assert "broker_heartbeat=0" not in words
    assert any(word.startswith("--time-limit") for word in words) == (pool == "prefork")


@pytest.mark.parametrize(
    ("worker", "fault"),
    [
        ({"pool": "threads", "time_limit": 5}, "pool `threads` does not honour time_limit"),
        ({"pool": "gevent", "soft_time_limit": 5}, "pool `gevent` does not honour soft_time_limit"),
        ({"pool": "solo", "autoscale": "4,1"}, "pool `solo` does not honour autoscale"),
        ({"pool": "green"}, "pool `green` is not one of"),
        ({"autoscale": "many"}, "autoscale `many` is not `most,fewest`"),
        ({"autoscale": "4,1", "concurrency": 2}, "has both concurrency and autoscale"),
        ({"queues": []}, "consumes no queue"),
        ({"concurency": 2}, "unknown key `concurency`"),
        ({"name": "a b"}, "worker `a b`: its name must be"),
    ],
)
def test_what_celery_would_take_in_silence_is_refused(worker: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        command(**worker)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(
        ValueError, match=r"`a`: consumes no queue; worker `b`: pool .*; worker `b` is listed twice"
    ):
        services({"name": "a"}, {"name": "b", "queues": ["q"], "pool": "x"}, {"name": "b", "queues": ["q"]})
