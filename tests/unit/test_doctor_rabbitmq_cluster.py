"""What doctor says of several brokers, on evidence as three real nodes gave it."""

from __future__ import annotations

from typing import Any

import pytest

from rabbitry.doctor.checks.rabbitmq_cluster import member_missing, partition
from rabbitry.doctor.evidence import Evidence
from rabbitry.doctor.finding import Found
from rabbitry.errors import StackError
from rabbitry.model import Stack
from rabbitry.nodes import choose, refuse, show
from tests.unit.broker_evidence import UP
from tests.unit.stack_document import document

NAMES = ["q1", "q2", "q3"]
NODES = [f"rabbit@{name}" for name in NAMES]
REFUSED = "no answer from http://q3:15672 ([Errno 111] Connection refused)"
WAITS = "[warning] <0.434.0> Cluster minority/secondary status detected - awaiting recovery"


def stack() -> Stack:
    """The usual stack on three brokers."""
    found: dict[str, Any] = document()
    found["brokers"] = [
        {
            "node": node,
            "amqp": {"host": name, "port": 5672, "on": name},
            "management": {"host": name, "port": 15672, "on": name},
        }
        for node, name in zip(NODES, NAMES, strict=True)
    ]
    return Stack.from_data(found)


def queue(members: list[str], online: list[str], leader: str) -> dict[str, Any]:
    """A quorum queue as the API shows it."""
    return {
        "name": "math",
        "vhost": "app",
        "type": "quorum",
        "members": members,
        "online": online,
        "leader": leader,
    }


HEALTHY = queue(NODES, NODES, NODES[0])


def answers(
    running: list[str], *queues: dict[str, Any], partitions: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    """What a node says of all."""
    apart = partitions or {}
    nodes = [{"name": one, "running": one in running, "partitions": apart.get(one, [])} for one in NODES]
    return {"nodes": nodes, "queues": list(queues)}


def seen(host: str, said: dict[str, Any], log: list[str] | None = None) -> Evidence:
    """The evidence of one host."""
    sections = {
        "pulse": {"services": {"rabbitmq-server": UP}},
        "rabbitmq": said,
        "logs": {"rabbitmq-server": log or []},
    }
    return Evidence(host, 0.0, sections)


def test_a_whole_cluster_is_no_trouble() -> None:
    for name in NAMES:
        whole = seen(name, answers(NODES, HEALTHY))
        assert partition(stack(), whole) is None is member_missing(stack(), whole)


def test_the_first_node_that_runs_tells_of_a_missing_one() -> None:
    said = answers(NODES[1:], queue(NODES, NODES[1:], NODES[1]))
    assert member_missing(stack(), seen("q3", said)) is None
    found = member_missing(stack(), seen("q2", said))
    assert found == Found(
        "the node `rabbit@q1` on q1 is not running in the cluster",
        ("the queue `math` on the virtual host `app` misses its member on `rabbit@q1`",),
    )


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (queue(NODES, NODES[:1], ""), "has no leader: 1 of its 3 members are online"),
        (queue(NODES[:2], NODES[:2], NODES[0]), "has 2 members, and there are 3 nodes"),
        (queue(NODES, NODES[:2], NODES[0]), "misses its member on `rabbit@q3`"),
    ],
)
def test_a_queue_that_is_short_of_members_is_named(one: dict[str, Any], words: str) -> None:
    found = member_missing(stack(), seen("q1", answers(NODES, HEALTHY, one)))
    assert found and found.wrong == f"the queue `math` on the virtual host `app` {words}"


def test_a_node_that_waits_for_a_majority_says_so_itself() -> None:
    silent = {"fault": REFUSED, "status": 0}
    found = partition(stack(), seen("q3", silent, ["booting", WAITS]))
    assert found and found.wrong == "the node runs, sees no majority of the others, and waits for them"
    assert (
        partition(stack(), seen("q3", silent, [WAITS, "Server startup complete; 3 plugins started."])) is None
    )
    assert partition(stack(), seen("q3", silent, ["booting"])) is None


def test_nodes_that_went_on_without_each_other_are_named() -> None:
    found = partition(stack(), seen("q1", answers(NODES, HEALTHY, partitions={"rabbit@q1": ["rabbit@q3"]})))
    assert found and found.wrong == "`rabbit@q1` and rabbit@q3 went on without each other"


def test_nodes_are_listed_and_what_is_missing_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(stack(), answers(NODES, HEALTHY)["nodes"], [HEALTHY]) == 0
    short = queue(NODES, NODES[:2], NODES[0])
    assert show(stack(), answers(NODES[:2])["nodes"], [short]) == 1
    said = capsys.readouterr().out
    assert "rabbit@q3  q3    not running  0      0       1" in said
    assert "misses its member on `rabbit@q3`" in said


def test_a_node_goes_only_when_the_others_do_without_it() -> None:
    one = choose(stack(), "q3", "")
    others = [broker for broker in stack().brokers if broker is not one and broker.node != one.node]
    refuse(one, others, set(NODES), [HEALTHY], is_replaced=False, option="")
    with pytest.raises(StackError, match="would lose its majority: 1 members"):
        short = queue(NODES, [NODES[0], NODES[2]], NODES[0])
        refuse(one, others, set(NODES), [short], is_replaced=False, option="")
    with pytest.raises(StackError, match="there is nothing to replace"):
        refuse(one, others, set(NODES), [HEALTHY], is_replaced=True, option="")
    with pytest.raises(StackError, match="is the only node that runs"):
        refuse(one, [], set(NODES[2:]), [HEALTHY], is_replaced=False, option="")
    with pytest.raises(StackError, match="no broker on host `w1`: there is `q1`, `q2`, `q3`"):
        choose(stack(), "w1", "")
