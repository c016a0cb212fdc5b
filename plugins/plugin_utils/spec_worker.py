"""What an inventory may say of a worker, as options of the model."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option

WEEK = 7 * 24 * 3600
POOLS = ("prefork", "solo", "threads", "eventlet", "gevent")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def number(description: str, example: int, minimum: int = 1, maximum: int | None = None) -> Option:
    """A whole number within bounds."""
    return Option(type="int", description=description, minimum=minimum, maximum=maximum, example=str(example))


WORKER = {
    "name": Option(
        description="the worker's name, part of its service's name",
        form="slug",
        required=True,
        example="default",
    ),
    "queues": Option(
        type="list",
        description="the queues that it consumes",
        elements=Option(description="the name of a queue", form="queue", example="default"),
        required=True,
        empty=True,
        example="[default]",
    ),
    "concurrency": number("how many tasks it runs at once", 2, maximum=10000),
    "pool": Option(description="how it runs tasks", choices=POOLS, example="prefork"),
    "autoscale": Option(
        description="most and fewest processes", form="autoscale", scalars=True, empty=True, example='"8,2"'
    ),
    "time_limit": number("seconds after which a task is killed", 300, minimum=0, maximum=WEEK),
    "soft_time_limit": number("seconds after which a task is told to end", 270, minimum=0, maximum=WEEK),
    "max_tasks_per_child": number("tasks after which a child process is replaced", 1000, minimum=0),
    "max_memory_per_child": number("KiB after which a child process is replaced", 200000, minimum=0),
    "log_level": Option(description="what it logs", choices=LEVELS, example="INFO"),
}
