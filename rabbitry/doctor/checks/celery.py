"""Troubles of Celery's workers: their processes, whether they answer, what they consume from."""

from __future__ import annotations

from rabbitry.doctor.checks.service import HELD, down, service_of
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.model import Stack, Worker

# Seconds that a worker may take from its start until it answers.
START = 20


def workers(stack: Stack, seen: Evidence) -> list[Worker]:
    """The workers that belong on a host."""
    return [worker for worker in stack.app.workers if worker.host == seen.host]


def settled(worker: Worker, seen: Evidence) -> bool:
    """Whether a worker runs, and for long enough to be judged."""
    return seen.runs(worker.service) and seen.time - seen.services[worker.service]["since"] > START


@check("celery/worker_down")
def worker_down(stack: Stack, seen: Evidence) -> Found | None:
    """A worker's process is not up."""
    for worker in workers(stack, seen):
        pulse = seen.services.get(worker.service, {})
        # One that stops may take as long as its longest task.
        if seen.fails(worker.service) and pulse["state"] != "stopping":
            lines = [line.strip() for line in seen.log(worker.service) if line.strip()][-3:]
            return down(seen, worker.service, *lines, name=f"`{worker.service}`")
    return None


@check("celery/worker_frozen")
def worker_frozen(stack: Stack, seen: Evidence) -> Found | None:
    """The kernel holds a worker's process still: it was stopped by a signal, or somebody debugs it."""
    for worker in workers(stack, seen):
        pulse = seen.services.get(worker.service, {})
        for process in seen.processes:
            owned = service_of(process) == worker.service or process["pid"] == pulse.get("pid")
            if process["state"] in HELD and owned:
                return Found(
                    f"process {process['pid']} of `{worker.service}` is stopped (state {process['state']})",
                    (process["command"],),
                )
    return None


@check("celery/no_answer")
def no_answer(stack: Stack, seen: Evidence) -> Found | None:
    """A worker that runs is connected to the broker or not, but does not answer what is asked of it."""
    app = seen.answers("app")
    if "nodes" not in app:
        return None
    for worker in workers(stack, seen):
        node = f"{worker.name}@{app['hostname']}"
        if settled(worker, seen) and node not in app["nodes"] and not _is_solo(worker, seen):
            others = ", ".join(sorted(app["nodes"])) or "nobody"
            control = app.get("conf", {}).get("worker_enable_remote_control")
            return Found(
                f"`{worker.service}` runs, and its node `{node}` does not answer",
                (f"answered: {others}", f"worker_enable_remote_control: {control}"),
            )
    return None


def _is_solo(worker: Worker, seen: Evidence) -> bool:
    """Whether a worker runs its tasks itself, so that it answers nothing meanwhile."""
    own = [one["command"] for one in seen.processes if service_of(one) == worker.service]
    return any("-P solo" in command or "--pool=solo" in command for command in own)


@check("celery/queue_not_consumed")
def queue_not_consumed(stack: Stack, seen: Evidence) -> Found | None:
    """All workers answer, and a queue that is declared or sent to is none of theirs."""
    app = seen.answers("app")
    nodes = app.get("nodes", {})
    # A worker on another host that has just started must not look like a missing one.
    if len(nodes) < len(stack.app.workers) or not all(settled(one, seen) for one in workers(stack, seen)):
        return None
    taken = {queue for queues in nodes.values() for queue in queues}
    missing = sorted(({*stack.app.queues} | {*app.get("sends_to", ())}) - taken)
    if not missing:
        return None
    known = {queue["name"]: queue for queue in seen.answers("rabbitmq").get("queues", ())}
    waiting = [
        f"queue {name}: {known[name].get('messages', 0)} messages" for name in missing if name in known
    ]
    return Found(f"no worker consumes from the queue `{missing[0]}`", tuple(waiting))


@check("celery/root_pickle")
def root_pickle(stack: Stack, seen: Evidence) -> Found | None:
    """The application takes messages that run code of whoever sends them."""
    accepted = seen.answers("app").get("conf", {}).get("accept_content") or ()
    risky = [one for one in accepted if one in ("pickle", "application/x-python-serialize")]
    return Found(f"`{stack.app.module}` accepts messages written as {risky[0]}") if risky else None
