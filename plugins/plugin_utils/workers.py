"""Checks of the workers and the queues that they consume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault
from ansible_collections.rabbitry.stack.plugins.plugin_utils.option import MODEL


def check_workers(
    workers: list[Mapping[str, Any]],
    queues: list[str],
    longest_task: int | None,
    elsewhere: Iterable[str] = (),
) -> list[Fault]:
    """Workers without queues, with undeclared ones or of one name, and queues that nobody consumes.

    `elsewhere` are the queues that workers of other hosts consume.
    """
    faults = []
    for name, count in Counter(worker["name"] for worker in workers if "name" in worker).items():
        if count > 1:
            faults.append(
                Fault(
                    f"{count} workers are named `{name}`",
                    f"give each worker in stack_workers ({MODEL}) a name of its own",
                )
            )
    for queue in sorted(name for name, count in Counter(queues).items() if count > 1):
        faults.append(
            Fault(
                f"the queue `{queue}` is declared twice in `stack_queues`",
                f"remove one `{queue}` from stack_queues",
            )
        )
    for worker in workers:
        name, consumed = worker.get("name", "?"), worker.get("queues", [])
        if not consumed:
            faults.append(
                Fault(
                    f"the worker `{name}` has no queues",
                    f"write `queues: [{queues[0] if queues else 'default'}]` for the worker `{name}`",
                )
            )
        for queue in consumed:
            if queue not in queues:
                hint = f"add `{queue}` to stack_queues, or take it from the worker `{name}`"
                faults.append(
                    Fault(
                        f"the worker `{name}` consumes `{queue}`, which `stack_queues` does not declare", hint
                    )
                )
        faults += check_limits(name, worker, longest_task)
    consumed_anywhere = {queue for worker in workers for queue in worker.get("queues", [])} | set(elsewhere)
    for queue in dict.fromkeys(queues):
        if queue not in consumed_anywhere:
            faults.append(
                Fault(
                    f"no worker consumes the queue `{queue}`",
                    f"add `{queue}` to the queues of a worker in stack_workers",
                )
            )
    return faults


def check_limits(name: str, worker: Mapping[str, Any], longest_task: int | None) -> list[Fault]:
    """Time limits of a worker against each other and the declared longest task, and autoscale's order."""
    faults = []
    hard, soft = worker.get("time_limit") or 0, worker.get("soft_time_limit") or 0
    if longest_task and hard > longest_task:
        message = f"the worker `{name}` lets a task run {hard} s: `stack_longest_task` is {longest_task} s"
        faults.append(Fault(message, f"write `stack_longest_task: {hard}`"))
    if hard and soft >= hard:
        message = f"the worker `{name}` has the soft time limit {soft} s, not below its time limit {hard} s"
        faults.append(Fault(message, f"write `soft_time_limit: {max(1, hard - 30)}` for the worker `{name}`"))
    if worker.get("autoscale"):
        most, fewest = (int(word) for word in str(worker["autoscale"]).split(","))
        if most < fewest or most < 1:
            message = f"the worker `{name}` scales from {fewest} to {most} processes: the most comes first"
            faults.append(Fault(message, f'write `autoscale: "{max(most, fewest, 1)},{min(most, fewest)}"`'))
    return faults
