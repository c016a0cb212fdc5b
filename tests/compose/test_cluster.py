"""Three brokers in containers: each in turn is killed under a stream of tasks, and none is lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support import application
from tests.support.contained import Contained
from tests.support.wait import wait_until

UP = 600
NODES = ("rabbitmq-server", "rabbitmq-server-2", "rabbitmq-server-3")
WORKER = "stack-worker-default"
STOP = "/tmp/stop"
# Sends until the file of that name is there, and tells which tasks a majority of brokers has confirmed.
STREAM = """\
import json, os, sys
from celery import Celery
app = Celery("client")
app.config_from_object("stack_settings")
confirmed, refused = [], 0
while not os.path.exists(sys.argv[1]):
    try:
        confirmed.append(app.send_task("rabbitry.probe.add", (1, len(confirmed)), queue="default").id)
    except Exception as error:
        refused += 1
        print(type(error).__name__, error, file=sys.stderr)
    if len(confirmed) % 100 == 0:
        print(len(confirmed), file=sys.stderr, flush=True)
print(json.dumps({"confirmed": confirmed, "refused": refused}))
"""

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]


@pytest.fixture(scope="module")
def cluster(stack: Contained) -> Contained:
    """The environment of `stack`, not up yet, with three brokers decided."""
    decide(stack, 3)
    return stack


def decide(stack: Contained, nodes: int) -> None:
    """Change the number of brokers in an environment's decisions."""
    path = stack.inventory.parent / f"group_vars/{stack.inventory.stem}.yml"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("stack_broker_nodes")]
    path.write_text("\n".join([*kept, f"stack_broker_nodes: {nodes}", ""]))


def control(stack: Contained, *words: str, node: str = NODES[0]) -> Any:
    return json.loads(stack.exec(node, *words, "--formatter", "json").out)


def queue(stack: Contained, node: str = NODES[0]) -> Mapping[str, Any]:
    """The queue `default`: its leader and members."""
    listed = control(
        stack, "rabbitmqctl", "-q", "list_queues", "-p", "app", "name", "leader", "online", node=node
    )
    found: Mapping[str, Any] = next(one for one in listed if one["name"] == "default")
    return found


def is_whole(stack: Contained) -> bool:
    return len(queue(stack)["online"]) == len(NODES)


@contextmanager
def streaming(stack: Contained) -> Iterator[dict[str, Any]]:
    """Tasks are sent from a container until the block ends; then `found` says which are confirmed."""
    found: dict[str, Any] = {}
    stack.exec(WORKER, "rm", "-f", STOP)
    words = application.command("python", "-c", STREAM, STOP)
    process = subprocess.Popen(
        ["docker", "exec", stack.containers()[WORKER]["Id"], *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield found
    finally:
        stack.exec(WORKER, "touch", STOP)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        found |= json.loads(output)


def unfinished(stack: Contained, identifiers: list[str]) -> list[str]:
    """Which tasks have no result."""
    store = stack.clients().redis()
    values = store.mget([f"celery-task-meta-{one}" for one in identifiers])
    return [one for one, value in zip(identifiers, values, strict=True) if not value]


def test_up_makes_one_cluster(cluster: Contained) -> None:
    cluster.inv("up", "--on", "compose", seconds=UP)
    told = control(cluster, "rabbitmqctl", "-q", "cluster_status")
    assert sorted(told["running_nodes"]) == [f"rabbit@{name}" for name in NODES]
    assert told["partitions"] == {}


def test_every_quorum_queue_has_a_member_on_each_node(cluster: Contained) -> None:
    wait_until(lambda: is_whole(cluster), 90, "the queue has three members")


def test_smoke_and_doctor_find_nothing_wrong(cluster: Contained) -> None:
    cluster.inv("smoke")
    assert json.loads(cluster.inv("doctor", "--json").out)["findings"] == []
    told = json.loads(cluster.inv("status", "--json").out)
    assert set(NODES) <= {one["name"] for one in told["services"]}


def test_a_second_up_changes_nothing(cluster: Contained) -> None:
    cluster.inv("up", seconds=UP)
    assert cluster.changed() == []


@pytest.mark.parametrize("which", range(len(NODES)))
def test_a_broker_that_is_killed_takes_no_task_along(cluster: Contained, which: int) -> None:
    wait_until(lambda: is_whole(cluster), 90, "the queue has three members")
    # The leader of the queue, and then each of the others as it comes.
    leader = queue(cluster)["leader"].partition("@")[2]
    victim = sorted(NODES, key=lambda name: name != leader)[which]
    before = cluster.containers()[victim]
    with streaming(cluster) as sent:
        cluster.crash(victim)
        cluster.wait_healthy(victim, before, seconds=180)
        wait_until(lambda: is_whole(cluster), 120, "the queue is whole again")
    assert len(sent["confirmed"]) > 100
    wait_until(lambda: unfinished(cluster, sent["confirmed"]) == [], 120, "every confirmed task has run")
    print(f"{victim} killed, leader {leader}: {len(sent['confirmed'])} confirmed, {sent['refused']} refused")


def test_a_cluster_is_not_taken_apart(cluster: Contained) -> None:
    decide(cluster, 1)
    refused = cluster.inv("up", check=False)
    assert refused.rc == 1 and "this stack has a cluster of 3 brokers" in refused.err
    assert set(NODES) <= set(cluster.containers())
    decide(cluster, 3)


def test_down_and_up_keep_it(cluster: Contained) -> None:
    cluster.inv("down", seconds=200)
    cluster.inv("up", seconds=UP)
    wait_until(lambda: is_whole(cluster), 120, "the queue is whole again")


def test_destroy_leaves_nothing(cluster: Contained) -> None:
    cluster.inv("destroy", "--yes", seconds=300)
    assert cluster.left() == {}
