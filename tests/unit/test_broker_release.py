"""Moving a broker to another release: what stops it, which flags it needs, what is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import broker_features, broker_gate
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import Broker
from ansible_collections.rabbitry.stack.plugins.module_utils.management import Management

from tests.unit.test_broker import Answer, Api, api

__all__ = ["api"]
NODE = {"name": "rabbit@a", "running": True, "mem_alarm": False, "disk_free_alarm": False, "partitions": []}
CALM: Answer = (200, {"status": "ok", "reason": "single node cluster"})


def broker(api: Api, answers: list[Answer]) -> Broker:
    api.answers = answers
    return Broker(Management(api.url, "admin", "secret"), "admin", lambda words: (0, "", ""), "rabbitmqctl")


def test_a_healthy_node_may_move(api: Api) -> None:
    assert broker_gate.obstacles(broker(api, [(200, [NODE]), CALM])) == []
    assert [path for _, path, _ in api.requests] == ["/api/nodes", broker_gate.CRITICAL]


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        (
            [NODE | {"mem_alarm": True}],
            ["the node `rabbit@a` raises its memory alarm: publishers are blocked"],
        ),
        ([NODE | {"disk_free_alarm": True}], ["raises its disk alarm"]),
        (
            [NODE | {"partitions": ["rabbit@b"]}],
            ["the node `rabbit@a` is cut off from `rabbit@b`: a partition"],
        ),
        ([NODE, {"name": "rabbit@b", "running": False}], ["the node `rabbit@b` is not running"]),
        ([NODE | {"mem_alarm": True, "disk_free_alarm": True}], ["memory", "disk"]),
    ],
)
def test_a_node_in_trouble_may_not_move(api: Api, nodes: list[dict[str, Any]], says: list[str]) -> None:
    found = broker_gate.obstacles(broker(api, [(200, nodes), CALM]))
    assert len(found) == len(says)
    assert all(words in one["message"] and one["hint"] for words, one in zip(says, found, strict=True))


def test_a_node_that_a_quorum_needs_may_not_stop(api: Api) -> None:
    answers = [(200, [NODE]), (503, {"status": "failed", "reason": "one queue would lose its quorum"})]
    (found,) = broker_gate.obstacles(broker(api, answers))
    assert "quorum" in found["message"] and "one queue would lose its quorum" in found["message"]
    assert broker_gate.obstacles(broker(api, [(200, [NODE])]), stops=False) == []


def test_only_what_outlasts_its_client_counts_as_left() -> None:
    queue = {"vhost": "app", "name": "mails", "messages": 3, "durable": True, "exclusive": False}
    passing = [queue | {"durable": False}, queue | {"exclusive": True}, queue | {"messages": 0}]
    assert broker_gate.held([queue, *passing]) == {"queue `mails` on vhost `app`": 3}


class Clock:
    """A time that passes only while somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def drained(api: Api, counts: list[int], seconds: float) -> tuple[dict[str, int], float]:
    queue = {"vhost": "app", "name": "mails", "durable": True, "exclusive": False}
    clock = Clock()
    asked = broker(api, [(200, [queue | {"messages": count}]) for count in counts])
    return broker_gate.drained(asked, seconds, 3, clock, clock.pause), clock.now


def test_queues_are_empty_when_they_stay_so(api: Api) -> None:
    assert drained(api, [2, 0, 1, 0], 60) == ({}, 6.0)


def test_what_is_left_at_the_deadline_is_told(api: Api) -> None:
    left, waited = drained(api, [2], 5)
    assert (left, waited) == ({"queue `mails` on vhost `app`": 2}, 5.0)
    (fault,) = broker_gate.remaining(left, "./inv rebuild --leave")
    assert fault["message"] == "2 messages in queue `mails` on vhost `app` remain"


def test_queues_that_are_empty_at_the_deadline_are_watched_on(api: Api) -> None:
    assert drained(api, [1, 1, 0], 2) == ({}, 5.0)


def test_stable_flags_are_enabled_and_no_others(api: Api) -> None:
    flags = [
        {"name": "khepri_db", "state": "disabled", "stability": "experimental"},
        {"name": "rabbitmq_4.0.0", "state": "disabled", "stability": "stable"},
        {"name": "quorum_queue", "state": "enabled", "stability": "required"},
    ]
    asked = broker(api, [(200, flags), (204, None)])
    assert broker_features.enable(asked, check=True) == ["rabbitmq_4.0.0"]
    assert [method for method, *_ in api.requests] == ["GET"]
    api.answers = [(200, flags), (204, None)]
    assert broker_features.enable(asked, check=False) == ["rabbitmq_4.0.0"]
    assert api.requests[-1][:2] == ("PUT", "/api/feature-flags/rabbitmq_4.0.0/enable")


def test_deprecated_features_in_use_are_told_but_the_stacks_own(api: Api) -> None:
    used = [
        {"name": "management_metrics_collection", "deprecation_phase": "permitted_by_default"},
        {"name": "transient_nonexcl_queues", "deprecation_phase": "denied_by_default", "desc": "Use others."},
    ]
    (said,) = broker_features.deprecated(broker(api, [(200, used)]))
    assert said == "`transient_nonexcl_queues` is in use and deprecated (denied by default): Use others."
    assert broker_features.deprecated(broker(api, [(404, {"reason": "Not Found"})])) == []
