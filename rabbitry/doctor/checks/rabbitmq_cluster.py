"""Troubles of several brokers that should be one: cut off from each other, or short of a member."""

from __future__ import annotations

import re

from rabbitry.doctor.checks.rabbitmq import BROKER, UP, shown
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.doctor.registry import check
from rabbitry.membership import absent, short_of
from rabbitry.model import Stack

# Words of a node that stops because it sees no majority.
PAUSED = r"minority status detected|minority/secondary status"


@check("rabbitmq/partition")
def partition(stack: Stack, seen: Evidence) -> Found | None:
    """This host's node is cut off from the others: it waits, or goes on without them."""
    if len(stack.brokers) < 2 or not seen.runs(BROKER):
        return None
    answers = seen.answers("rabbitmq")
    for node in answers.get("nodes", ()):
        if node.get("partitions"):
            return Found(f"`{node['name']}` and {', '.join(node['partitions'])} went on without each other")
    if answers or not seen.silence("rabbitmq"):
        return None
    said = paused(seen)
    wrong = "the node runs, sees no majority of the others, and waits for them"
    return Found(wrong, shown(said)) if said else None


def paused(seen: Evidence) -> str:
    """The line by which a node says that it waits, unless it has started again since."""
    said = ""
    for line in seen.log(BROKER):
        if UP.search(line):
            said = ""
        elif re.search(PAUSED, line):
            said = line.strip()
    return said


@check("rabbitmq/member_missing")
def member_missing(stack: Stack, seen: Evidence) -> Found | None:
    """A node is not in the cluster, or a queue is short of members; the first node says it for all."""
    answers = seen.answers("rabbitmq")
    if len(stack.brokers) < 2 or "nodes" not in answers:
        return None
    running = {str(one["name"]) for one in answers["nodes"] if one.get("running", True)}
    speaker = next((one.amqp.on for one in stack.brokers if one.node in running), "")
    if seen.host != speaker:
        return None
    missing = absent(stack, answers["nodes"])
    lacking = short_of(answers.get("queues", ()), [one.node for one in stack.brokers])
    wrong = missing or lacking
    return Found(wrong[0], tuple((missing[1:] + lacking)[:3] if missing else lacking[1:3])) if wrong else None
