"""Which Celery set fits which broker, what a host is judged against, and why it is stale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import deploying, digest, survey
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


def test_what_there_are_several_of_is_named_once() -> None:
    old = digest.compose({"application:shop": 1, "application:news": 1, "code": "x"})
    new = digest.compose({"application:shop": 2, "application:news": 2, "code": "x"})
    assert digest.differences(old, new) == ["the application's source changed since the last run"]
    taken = digest.only(old, new, "application:shop")
    assert taken == digest.compose({"application:shop": 2, "application:news": 1, "code": "x"})


APPS = [{"name": name, "label": name, "source": ""} for name in ("news", "shop")]


def test_what_is_on_the_host_already_is_not_deployed() -> None:
    sealed = digest.compose({"application:shop": 1})
    seen = {**SEEN, "seal": {"env": "local", "digest": sealed}}
    (fault,) = deploying.judge(seen, "web1", sealed, "shop", [{**APPS[1], "source": "existing:/srv/shop"}])
    assert "`shop` is on host web1 already, as `existing:/srv/shop`" in fault.message
    assert fault.hint == "./inv restart"
    (fault,) = deploying.judge(seen, "web1", sealed, "shop", [{**APPS[1], "venv": "/srv/venv"}])
    assert "`shop` on host web1 runs in `/srv/venv`" in fault.message and fault.hint == "./inv up"


def test_a_deployment_brings_an_applications_source_and_nothing_else() -> None:
    sealed = digest.compose({"application:shop": 1, "application:news": 1, "variables": 1})
    seen = {**SEEN, "seal": {"env": "local", "digest": sealed}}

    def said(**parts: int) -> list[str]:
        given = {"application:shop": 1, "application:news": 1, "variables": 1}
        now = digest.compose({**given, **{name.replace("_", ":"): value for name, value in parts.items()}})
        return [fault.message for fault in deploying.judge(seen, "web1", now, "shop", APPS)]

    assert said() == said(application_shop=2) == said(application_news=2) == []
    start = "host web1 differs in more than an application's source from what `up` brought: "
    assert said(variables=2) == [f"{start}the variables changed"]
    now = digest.compose({"application:shop": 2, "application:news": 2, "variables": 1})
    left = digest.compose({"application:shop": 2, "application:news": 1, "variables": 1})
    assert deploying.deployed(seen, now, "shop") == left
    (fault,) = deploying.judge(SEEN, "web1", sealed, "shop", APPS)
    assert fault.message.startswith("host web1 was not brought") and fault.hint == "./inv up"
    (fault,) = deploying.judge(seen, "web1", sealed, "x", APPS)
    assert fault.message == "there is no application `x`: there is `news`, `shop`"


def test_where_the_source_is_and_how_it_is_deployed_are_no_variables_of_the_host() -> None:
    model = {"stack_app_source": "/a", "stack_app_deploy_deadline": 9, "x": 1}
    entry = {"name": "shop", "source": "/a", "keep_releases": 2, "queues": ["q"]}
    assert survey.deciding({**model, "stack_apps": [entry]}) == {
        "x": 1,
        "stack_apps": [{"name": "shop", "queues": ["q"]}],
    }
    role = {"celery_app_source": "/a", "celery_app_run": "1", "celery_app_module": "shop"}
    assert survey.deciding(role) == {"celery_app_module": "shop"}
    assert deploying.parts([{"label": "shop"}], [["sum"]], [role]) == {
        "application:shop": [["sum"], {"celery_app_source": "/a"}]
    }


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
