"""Checks of a RabbitMQ that runs: silent on a healthy one, one sentence on a broken one."""

from __future__ import annotations

import pytest

from rabbitry.doctor.evidence import Evidence
from tests.unit.broker_evidence import ANSWERS, LOGIN, MAY, NODE, SERVER, SILENT, evidence, found


def test_a_healthy_broker_is_not_spoken_of() -> None:
    assert found(evidence()) == {}


def test_a_host_without_a_broker_is_not_spoken_of() -> None:
    assert found(Evidence("web1", 0.0, {"pulse": {"services": {}}, "rabbitmq": None})) == {}


TREE = "/var/lib/rabbitmq/mnesia"
OWNED = f"`{TREE}/x` is root:rabbitmq 0640, not rabbitmq:rabbitmq 0640"
COOKIE = NODE["cookie"]
DIFFERENT = "the broker's definitions differ from the declared ones"
CHANGED = (("definitions", "x", DIFFERENT),)
RUNNING = [
    ("root_owned_files", evidence(drift=(("tree", TREE, OWNED),)), OWNED),
    (
        "cookie_permissions",
        evidence({"cookie": {**COOKIE, "mode": "0644"}}),
        "`/var/lib/rabbitmq/.erlang.cookie` has mode `0644`, which lets others read it",
    ),
    (
        "cookie_permissions",
        evidence(
            {"cookie": {**COOKIE, "user": "root"}},
            drift=(
                ("tree", "/var/lib/rabbitmq", "`/var/lib/rabbitmq/.erlang.cookie` is root:root 0400, not …"),
            ),
        ),
        "`/var/lib/rabbitmq/.erlang.cookie` belongs to `root`",
    ),
    (
        "cookie_mismatch",
        evidence({"cookie": {**COOKIE, "running": False}}),
        "`/var/lib/rabbitmq/.erlang.cookie` is not the cookie that the running node began with",
    ),
    (
        "hostname_changed",
        evidence(
            {"name": "rabbit@new", "data": {"rabbit@new": 1795460400.0, "rabbit@localhost": 1795460379.92}}
        ),
        "the node is `rabbit@new`, and the data of `rabbit@localhost` lie unused beside its own",
    ),
    (
        "management_disabled",
        evidence({"plugins": []}, SILENT),
        "the plugin `rabbitmq_management` is off: 127.0.0.1:15672 does not answer",
    ),
    (
        "resource_alarm",
        evidence(answers={"nodes": [{**SERVER, "mem_alarm": True, "mem_limit": 1_000_000}]}),
        "rabbit@localhost uses 150 MB of memory, its limit is 1 MB",
    ),
    (
        "resource_alarm",
        evidence(answers={"nodes": [{**SERVER, "disk_free_alarm": True, "disk_free_limit": 9e11}]}),
        "rabbit@localhost has 78 GB of disk left, its limit is 900 GB",
    ),
    (
        "consumer_timeout",
        evidence({"settings": {"consumer_timeout": "10000"}}),
        "`consumer_timeout = 10000` in rabbitmq.conf ends what runs longer than 10 s, "
        "and the longest task may take 300 s",
    ),
    (
        "bad_credentials",
        evidence(answers={"login": {**LOGIN, "code": 403, "text": "ACCESS_REFUSED - …"}}),
        "RabbitMQ refuses the user `app`",
    ),
    (
        "bad_credentials",
        evidence(answers={"fault": "HTTP 401: Not_Authorized", "status": 401}),
        "RabbitMQ refuses the user `admin`",
    ),
    (
        "vhost_missing",
        evidence(
            answers={
                "vhosts": [],
                "login": {**LOGIN, "code": 530, "text": "NOT_ALLOWED - vhost app not found"},
            }
        ),
        "the virtual host `app` is closed to the application: it does not exist",
    ),
    (
        "permission_missing",
        evidence(answers={"permissions": [{**MAY, "configure": "^$", "write": "^$"}]}, drift=CHANGED),
        "the user `app` may in the virtual host `app` configure only `^$`, write only `^$`",
    ),
    (
        "permission_missing",
        evidence(answers={"permissions": []}, drift=CHANGED),
        "the user `app` has no permissions in the virtual host `app`",
    ),
    (
        "inequivalent_arg",
        evidence(answers={"queues": [{**ANSWERS["queues"][0], "type": "classic"}]}),
        "the queue `default` is of type classic, workers declare it as quorum",
    ),
    (
        "guest_enabled",
        evidence(answers={"users": [{"name": "guest", "tags": ["administrator"]}]}, drift=CHANGED),
        "the user `guest` exists (administrator)",
    ),
    (
        "definitions_changed",
        evidence(drift=CHANGED),
        DIFFERENT,
    ),
]


@pytest.mark.parametrize(
    ("slug", "seen", "wrong"), RUNNING, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_trouble_of_a_running_broker_is_named(slug: str, seen: Evidence, wrong: str) -> None:
    more = {"definitions_changed": DIFFERENT} if seen.drift("", "definitions") else {}
    assert found(seen) == {**more, slug: wrong}


def test_what_was_declared_so_is_no_trouble() -> None:
    """A user with less than everything, or the user guest, as the inventory wants them."""
    less = {"permissions": [{**MAY, "configure": "^app"}], "users": [{"name": "guest", "tags": []}]}
    assert found(evidence(answers=less)) == {}


def test_definitions_that_cannot_be_read_are_not_changed_ones() -> None:
    why = "the broker's definitions cannot be read: no answer"
    assert found(evidence(drift=(("definitions", "x", why),))) == {}


def test_the_unused_directory_of_a_later_name_is_no_trouble() -> None:
    assert found(evidence({"data": {"rabbit@localhost": 1795460379.0, "rabbit@new": 1795460400.0}})) == {}
