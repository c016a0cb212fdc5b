"""The verb `reset`: shows what the broker holds, asks, empties it and declares everything again."""

from __future__ import annotations

from rabbitry import ansible, report
from rabbitry.describe import current
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.overview import Overview
from rabbitry.proving import prove
from rabbitry.status import pulses

GOES = "everything in RabbitMQ goes: messages, and every object that the inventory does not declare"


def reset(environment: Environment, *, yes: bool = False) -> None:
    """Empty the broker after consent; its definitions are exported first, results and schedule stay.

    StackError when nobody agrees, the broker gives no definitions, or no task comes back afterwards.
    """
    stack = current(environment)
    found = pulses(environment, stack)
    report.line("; ".join([GOES, *(held(Overview(stack, found).of(app), app.vhost) for app in stack.apps)]))
    if not yes and not report.confirm("Empty the broker?"):
        raise StackError("nothing was reset", f"./inv reset --yes{environment.option}")
    with report.progress() as progress:
        ansible.run("reset", environment, listen=progress.hear)
        prove(environment, stack, progress)
    exported = max((environment.state / "backup").glob("definitions-*.json"))
    report.line(f"the broker holds what is declared and nothing else; what it held before: {exported}")


def held(overview: Overview, vhost: str) -> str:
    """How much that is on a virtual host."""
    if "queues" not in overview.broker:
        return "it does not answer, so nobody can say how much that is"
    counts = {queue["name"]: queue["ready"] + queue["unacknowledged"] for queue in overview.broker["queues"]}
    messages = sum(counts.values()) + overview.broker.get("delayed", 0)
    full = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    listed = f" ({full})" if full else ""
    return f"on the virtual host `{vhost}` there are {messages} messages{listed}"
