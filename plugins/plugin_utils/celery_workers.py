"""Describes workers as services: one per entry of `celery_worker_workers`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.celery import STOPPING, soft_limit

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
AUTOSCALE = re.compile(r"([1-9][0-9]*),([0-9]+)")
POOLS = ("prefork", "threads", "gevent", "eventlet", "solo")

# Which options only some pools honour; Celery takes them from the others in silence.
ONLY = {
    "autoscale": ("prefork", "gevent", "eventlet"),
    "time_limit": ("prefork", "gevent"),
    "soft_time_limit": ("prefork",),
    "max_tasks_per_child": ("prefork",),
    "max_memory_per_child": ("prefork",),
}
KEYS = {"name", "queues", "concurrency", "pool", "log_level", *ONLY}

# On RabbitMQ these pools run ten tasks a second while AMQP heartbeats are on; TCP keepalive is left to
# notice a dead broker.
WITHOUT_HEARTBEAT = ("gevent", "eventlet")


def celery_worker_services(
    workers: Sequence[Mapping[str, Any]],
    home: str,
    user: str,
    group: str,
    module: str,
    environment_file: str,
    longest_task: int = 300,
    wait_for: Sequence[str] = (),
    open_files: int | None = None,
    run: str = "/run/rabbitry",
    app: str = "",
) -> list[dict[str, Any]]:
    """Return one service dictionary a worker, named stack-worker-<name>; `run` holds the files of readiness.

    `app` is the application's name where there are several: stack-worker-<app>-<name>.
    Raises ValueError with every fault of every worker in one sentence each, joined by "; ".
    """
    found = [fault for worker in workers for fault in faults(worker)]
    names = [worker.get("name") for worker in workers]
    found += [f"worker `{name}` is listed twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if found:
        raise ValueError("; ".join(found))
    return [
        {
            "name": service,
            "description": f"Celery worker {worker['name']} of {module}",
            "command": [f"{home}/venv/bin/celery", "-A", module, "worker", *arguments(worker, longest_task)],
            "user": user,
            "group": group,
            "working_dir": f"{home}/current",
            "environment": {"RABBITRY_READY_FILE": f"{run}/{service}/ready"},
            "environment_file": environment_file,
            "stop_timeout": (worker.get("time_limit") or longest_task) + STOPPING,
            "open_files": open_files,
            "runtime_dirs": [service],
            "wait_for": list(wait_for),
            "ready": {"file": f"{run}/{service}/ready", "timeout": 60},
            "watch": watched(home),
        }
        for worker in workers
        for service in ["-".join(part for part in ("stack-worker", app, worker["name"]) if part)]
    ]


def watched(home: str) -> list[str]:
    """The paths whose change makes a running Celery program out of date."""
    lib = ("stack_settings.json", "stack_settings.py", "stack_django.py", "rabbitry_probe.py")
    return [f"{home}/venv", f"{home}/current", *(f"{home}/lib/{name}" for name in lib)]


def faults(worker: Mapping[str, Any]) -> list[str]:
    """Everything wrong with one worker, a sentence each."""
    name = worker.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return [f"worker `{name}`: its name must be letters, digits, `-` and `_`"]
    pool = worker.get("pool") or "prefork"
    wrong: list[tuple[bool, str]] = [
        (pool not in POOLS, f"pool `{pool}` is not one of {', '.join(POOLS)}"),
        (not worker.get("queues"), "consumes no queue"),
        (
            bool(worker.get("autoscale")) and not AUTOSCALE.fullmatch(str(worker.get("autoscale"))),
            f'autoscale `{worker.get("autoscale")}` is not `most,fewest`, as "8,2"',
        ),
        (bool(worker.get("autoscale") and worker.get("concurrency")), "has both concurrency and autoscale"),
    ]
    wrong += [(key not in KEYS, f"unknown key `{key}`") for key in worker]
    wrong += [
        (
            bool(worker.get(option)) and pool in POOLS and pool not in pools,
            f"pool `{pool}` does not honour {option}",
        )
        for option, pools in ONLY.items()
    ]
    return [f"worker `{name}`: {sentence}" for is_wrong, sentence in wrong if is_wrong]


def arguments(worker: Mapping[str, Any], longest_task: int) -> list[str]:
    """The command line of `celery worker` after that word."""
    pool = worker.get("pool") or "prefork"
    words = ["-n", f"{worker['name']}@%h", "-Q", ",".join(worker["queues"]), "-P", pool]
    words += ["-l", str(worker.get("log_level") or "INFO").upper(), "-I", "rabbitry_probe"]
    hard = worker.get("time_limit")
    soft = worker.get("soft_time_limit") or (soft_limit(hard) if hard and pool == "prefork" else None)
    options = {
        "--concurrency": worker.get("concurrency"),
        "--autoscale": worker.get("autoscale"),
        "--time-limit": hard or (longest_task if pool in ONLY["time_limit"] else None),
        "--soft-time-limit": soft or (soft_limit(longest_task) if pool == "prefork" else None),
        "--max-tasks-per-child": worker.get("max_tasks_per_child"),
        "--max-memory-per-child": worker.get("max_memory_per_child"),
    }
    words += [f"{option}={value}" for option, value in options.items() if value]
    if pool in WITHOUT_HEARTBEAT:
        words += ["--", "broker_heartbeat=0"]
    return words
