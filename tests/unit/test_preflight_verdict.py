"""Which Celery set fits which broker, what a host is judged against, and why it is stale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import digest, survey
from ansible_collections.rabbitry.stack.plugins.plugin_utils.compatibility import incompatibility
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge
from ansible_collections.rabbitry.stack.plugins.plugin_utils.system_facts import host_facts

from tests.unit.healthy import EVERYWHERE, HEALTHY, SEEN, WANTED


@pytest.mark.parametrize(
    ("celery_set", "queue_type", "broker", "message", "hint"),
    [
        (
            "5.7",
            "classic",
            "4.0.5-6",
            "Celery 5.7 with classic queues on RabbitMQ 4.0.5-6 stall",
            "type: quorum",
        ),
        ("5.6", "quorum", "4.0.5", "Celery 5.6 with quorum queues on RabbitMQ 4.0.5 stall", "type: classic"),
        ("5.6", "quorum", "", "Celery 5.6 with quorum queues stall", 'set: "5.7"'),
        (
            "5.6",
            "classic",
            "4.3.0",
            "RabbitMQ 4.3.0 never connect: it refuses the transient queues",
            'set: "5.7"',
        ),
        (
            "5.7",
            "quorum",
            "3.8.9",
            "RabbitMQ 3.8.9 is older than 3.10",
            "write `stack_rabbitmq_source: vendor`",
        ),
    ],
)
def test_a_set_that_does_not_work_is_refused(
    celery_set: str, queue_type: str, broker: str, message: str, hint: str
) -> None:
    fault = incompatibility(celery_set, queue_type, broker)
    assert fault
    assert message in fault.message
    assert hint in fault.hint


@pytest.mark.parametrize(
    ("celery_set", "queue_type", "broker"),
    [
        ("5.7", "quorum", "4.0.5"),
        ("5.7", "quorum", "3.10.8"),
        ("5.7", "classic", "3.10.8"),
        ("5.6", "classic", "4.0.5"),
    ],
)
def test_a_set_that_was_seen_to_work_passes(celery_set: str, queue_type: str, broker: str) -> None:
    assert incompatibility(celery_set, queue_type, broker) is None


def test_the_broker_of_the_release_is_judged_before_it_is_installed() -> None:
    faults, _ = judge(SEEN, replace(WANTED, celery=(("5.7", "classic"),)))
    assert [fault.message for fault in faults] == [
        "host web1: Celery 5.7 with classic queues on RabbitMQ 4.0.5 stall: "
        "a plain task waits behind countdown tasks"
    ]
    assert judge(
        {**SEEN, "os": {**SEEN["os"], "version": "12"}}, replace(WANTED, celery=(("5.7", "classic"),))
    ) == (
        [],
        [],
    )


def test_what_a_host_is_judged_against_comes_from_the_model() -> None:
    one = survey.Survey(host="web1", groups={**EVERYWHERE, "backends": ["web2"]})
    wanted = survey.wanted(HEALTHY, {"rabbitmq_distribution_port": 25673}, one)
    assert [port.number for port in wanted.ports] == [5672, 15672, 25673, 5555, 4369]
    assert (wanted.groups, wanted.disk_limit) == (
        ("brokers", "workers", "scheduler", "dashboard"),
        200_000_000,
    )
    assert wanted.processes == 2
    asked = survey.probe_arguments(HEALTHY, one)
    assert (asked["servers"], asked["username"], asked["password"]) == (["rabbitmq"], "admin", "s3cret")


def test_processes_are_counted_by_pool() -> None:
    workers: list[dict[str, Any]] = [{"pool": "gevent"}, {"autoscale": "8,2"}, {"concurrency": 3}, {}]
    assert [survey.processes(worker) for worker in workers] == [1, 8, 3, 0]


def test_the_digest_names_what_changed() -> None:
    parts = {"variables": {"a": 1, "b": 2}, "code": "x"}
    old = digest.compose(parts)
    assert digest.compose({"code": "x", "variables": {"b": 2, "a": 1}}) == old
    assert digest.differences(old, old) == []
    assert digest.differences(old, digest.compose({**parts, "variables": {"a": 2}})) == [
        "the variables changed since the last run"
    ]
    assert digest.differences("of another kind", old) == [
        "the variables changed since the last run",
        "the roles and plugins changed since the last run",
    ]


def test_the_way_from_one_password_to_the_next_makes_no_host_stale() -> None:
    assert survey.deciding({"redis_password": "new", "redis_former_password": "old"}) == {
        "redis_password": "new"
    }


def test_a_host_is_stale_for_a_reason() -> None:
    now = digest.compose({"code": "x"})
    sealed = {**SEEN, "seal": {"env": "local", "digest": now}}
    assert survey.reasons(sealed, now, full=False) == []
    assert survey.reasons(sealed, now, full=True) == ["a full run was asked for"]
    assert survey.reasons(SEEN, now, full=False) == ["no completed run is recorded there"]
    drifted = {**sealed, "drift": [{"owner": "redis", "kind": "file", "name": "/x", "why": "`/x` is gone"}]}
    assert survey.reasons(drifted, now, full=False) == ["`/x` is gone"]


@pytest.mark.parametrize(
    ("system", "family"),
    [
        ({"system": "Linux", "id": "debian", "like": []}, "Debian"),
        ({"system": "Linux", "id": "ubuntu", "like": ["debian"]}, "Debian"),
        ({"system": "Linux", "id": "rocky", "like": ["rhel", "centos", "fedora"]}, "RedHat"),
        ({"system": "Linux", "id": "fedora", "like": []}, "RedHat"),
        ({"system": "Darwin", "id": "macos", "like": []}, "Darwin"),
    ],
)
def test_later_plays_need_not_gather_facts(system: dict[str, Any], family: str) -> None:
    facts = host_facts({**SEEN, "os": system}, {"stale": True})
    assert (facts["os_family"], facts["system"]) == (family, system["system"])
    assert (facts["rabbitry"]["supervisor"], facts["rabbitry"]["stale"]) == ("systemd", True)
