"""Celery's settings for this stack: from a few decisions to the document that stack_settings.py reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery_sets import versions_of
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import incompatibility

# Seconds, at most, from the soft limit, which a task may catch, to the hard one, which kills its process.
GRACE = 30
# Seconds that a worker needs to end after its last task did.
STOPPING = 15
# RabbitMQ's own consumer timeout, seconds; ours is never shorter.
CONSUMER_TIMEOUT = 1800


def celery_timeouts(longest_task: int, prefetch: int = 4) -> dict[str, int]:
    """Return the timeouts (seconds) that follow from the longest task.

    {soft_time_limit, time_limit, stop_timeout, consumer_timeout, visibility_timeout}: a message stays
    unacknowledged while the worker runs the `prefetch` tasks that it fetched before it, and its own.
    Raises ValueError unless both are whole numbers of at least 1.
    """
    for name, number in (("longest_task", longest_task), ("prefetch", prefetch)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} is `{number}`, not a whole number of at least 1")
    unacknowledged = max(CONSUMER_TIMEOUT, (prefetch + 1) * longest_task)
    return {
        "soft_time_limit": soft_limit(longest_task),
        "time_limit": longest_task,
        "stop_timeout": longest_task + STOPPING,
        "consumer_timeout": unacknowledged,
        "visibility_timeout": unacknowledged,
    }


def soft_limit(time_limit: int) -> int:
    """The soft limit (seconds) that goes with a hard one: a tenth earlier, 30 s at most."""
    return max(1, time_limit - min(GRACE, time_limit // 10))


def celery_settings(
    queues: Sequence[str],
    exchange: str = "tasks",
    queue_type: str = "",
    longest_task: int = 300,
    prefetch: int = 4,
    celery_set: str = "5.7",
    events: bool = True,
    brokers: int = 1,
    master: str = "",
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return {"schema", "exchange", "queue_type", "queues", "settings"}, all of it JSON.

    The first queue is the default one; without a queue type it is the set's; `settings` are Celery settings
    by their lower-case names and win. Of several `brokers` a client finds another one in seconds; `master` is
    what sentinels call the backend's master, "" without them.
    Raises ValueError for no queue, and for an unknown set or one that does not work with the queue type.
    """
    if not queues or isinstance(queues, str):
        raise ValueError(f"queues is `{queues}`, not a list of at least one name")
    queue_type = queue_type or versions_of(celery_set)["queue_type"]
    fault = incompatibility(celery_set, queue_type, "")
    if fault:
        raise ValueError(f"{fault.message}; {fault.hint}")
    wrong = [name for name in settings or {} if name != name.lower()]
    if wrong:
        raise ValueError(
            f"setting `{wrong[0]}`: Celery's settings have lower-case names, as `{wrong[0].lower()}`"
        )
    chosen = _failing_over() if brokers > 1 else {}
    chosen |= _delivery(queues[0], exchange, queue_type, celery_set) | _running(
        longest_task, prefetch, events
    )
    return {
        "schema": 1,
        "exchange": exchange,
        "queue_type": queue_type,
        "queues": list(queues),
        "settings": chosen
        | _results(longest_task, prefetch)
        | (_failover(longest_task, prefetch, master) if master else {})
        | dict(settings or {}),
    }


def _delivery(default: str, exchange: str, queue_type: str, celery_set: str) -> dict[str, Any]:
    delivery: dict[str, Any] = {
        "task_default_queue": default,
        "task_default_queue_type": queue_type,
        "task_default_exchange": exchange,
        # On a direct exchange RabbitMQ cannot hold countdown tasks: they fill the worker's prefetch
        # and plain tasks behind them wait.
        "task_default_exchange_type": "topic",
        "task_default_routing_key": default,
        "task_create_missing_queue_type": queue_type,
        "task_create_missing_queue_exchange_type": "topic",
        "broker_transport_options": {"confirm_publish": True},
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
    }
    if celery_set == "5.6":
        # Celery 5.7's defaults: RabbitMQ is about to refuse queues that are neither durable nor exclusive.
        delivery |= {"control_queue_exclusive": True, "event_queue_exclusive": True}
    return delivery


def _failing_over() -> dict[str, Any]:
    """A broker that ends closes its connections; one that is cut off is noticed by its missing heartbeats.

    By Celery's own 120 s a worker would wait four minutes for it.
    """
    return {"broker_heartbeat": 10, "broker_connection_timeout": 3}


def _running(longest_task: int, prefetch: int, events: bool) -> dict[str, Any]:
    timeouts = celery_timeouts(longest_task, prefetch)
    return {
        "task_soft_time_limit": timeouts["soft_time_limit"],
        "task_time_limit": timeouts["time_limit"],
        "worker_prefetch_multiplier": prefetch,
        "worker_send_task_events": events,
        # The second signal to stop gives tasks this long, then hands them back.
        "worker_soft_shutdown_timeout": 10.0,
    }


def _results(longest_task: int, prefetch: int) -> dict[str, Any]:
    """A result is tried again every second at most, so that it is stored seconds after Redis came back."""
    return {
        "result_backend_always_retry": True,
        "result_backend_max_retries": 60,
        "result_backend_base_sleep_between_retries_ms": 50,
        "result_backend_max_sleep_between_retries_ms": 1000,
        "result_backend_transport_options": {
            "visibility_timeout": celery_timeouts(longest_task, prefetch)["visibility_timeout"],
        },
        "redis_socket_connect_timeout": 5.0,
        "redis_socket_keepalive": True,
        "redis_retry_on_timeout": True,
    }


def _failover(longest_task: int, prefetch: int, master: str) -> dict[str, Any]:
    """Short timeouts, so that a backend's dead master costs a second and not a minute.

    redis-py asks a sentinel ten times, up to 10 s apart, unless its `retry` is none; the password comes from
    the URL, in stack_settings.py.
    """
    options = _results(longest_task, prefetch)["result_backend_transport_options"]
    patience = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "retry": None}
    return {
        "result_backend_transport_options": {**options, "master_name": master, "sentinel_kwargs": patience},
        "redis_socket_connect_timeout": 1.0,
        "redis_socket_timeout": 5.0,
    }
