"""The part of the stack's model that is about what carries it."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import Option

CONTAINERS = {
    "stack_runs_on": Option(
        description="what carries the stack", choices=("hosts", "compose"), example="hosts"
    ),
    "stack_container_memory": Option(
        type="raw",
        description="memory that a container may use; of the broker's, the watermark is a share",
        form="size",
        example="1GB",
    ),
    "stack_broker_nodes": Option(
        type="int",
        description="brokers of a stack in containers, one or a cluster",
        choices=(1, 3),
        example="3",
    ),
}
