"""A machine that is to carry containers: what is missing, who holds the ports, and the way out of each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import WantedPort
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight_compose import (
    judge_applications,
    judge_cluster,
    judge_engine,
    judge_place,
    judge_published,
)

BOOKWORM = {"id": "debian", "version": "12"}
READY = {"client": "28.2.2", "engine": "20.10.24", "compose": "2.26.1-4", "fault": "", "published": []}
AMQP = WantedPort(number=5672, bind="127.0.0.1", purpose="AMQP", variable="stack_amqp_port")
NOBODY: dict[str, Any] = {"listeners": [], "env": ""}
LISTENER = {
    "port": 5672, "address": "127.0.0.1", "pid": 9, "program": "beam.smp", "unit": "rabbitmq-server.service",
    "service": "", "user": "rabbitmq", "suspects": [], "ours": True,
}  # fmt: skip


def test_a_machine_that_has_all_passes() -> None:
    assert judge_engine(READY, BOOKWORM, "web1") == []
    assert judge_place(["web1"], "local") == []


@pytest.mark.parametrize(
    ("lacks", "message", "hint"),
    [
        ({"client": ""}, "Docker is not installed on host web1", "sudo apt-get install docker.io"),
        ({"engine": "", "fault": "permission denied"}, "web1: permission denied", "docker info"),
        ({"compose": ""}, "has no `docker compose`", "apt-get install -t trixie"),
        ({"compose": "2.15.1"}, "has compose 2.15.1, and the stack needs 2.20", "release n=trixie"),
    ],
)
def test_what_is_missing_is_named_with_the_way_to_get_it(
    lacks: dict[str, str], message: str, hint: str
) -> None:
    (fault,) = judge_engine({**READY, **lacks}, BOOKWORM, "web1")
    assert message in fault.message and hint in fault.hint


def test_the_next_release_of_debian_has_it() -> None:
    (fault,) = judge_engine({**READY, "compose": ""}, {"id": "debian", "version": "13"}, "web1")
    assert fault.hint == "sudo apt-get install docker-compose"


@pytest.mark.parametrize(("hosts", "connection"), [(["a", "b"], "local"), (["a"], "ssh")])
def test_containers_are_of_one_machine_this_one(hosts: list[str], connection: str) -> None:
    assert len(judge_place(hosts, connection)) == 1


def test_a_port_of_the_hosts_own_stack_is_told_as_that() -> None:
    seen = {"listeners": [LISTENER], "env": "local"}
    (fault,) = judge_published(seen, READY, [AMQP], "rabbitry-local", "web1")
    assert "held by rabbitmq-server of the stack `local`, which runs on this host" in fault.message
    assert "`stack_amqp_port` another number, 15672 say" in fault.hint
    assert "./inv down --on hosts --env local" in fault.hint


def test_the_number_that_is_offered_is_nobody_s() -> None:
    seen = {"listeners": [LISTENER, {**LISTENER, "port": 15673}], "env": "local"}
    management = WantedPort(number=15672, bind="127.0.0.1", purpose="API", variable="stack_management_port")
    (fault,) = judge_published(seen, READY, [AMQP, management], "rabbitry-local", "web1")
    assert "15674 say" in fault.hint


def test_the_number_of_brokers_stays() -> None:
    there = ["rabbitmq-server", "rabbitmq-server-2", "rabbitmq-server-3", "redis-server"]
    assert judge_cluster(there, 3) == judge_cluster([], 3) == judge_cluster(there[:1], 1) == []
    (fault,) = judge_cluster(there, 1)
    assert "this stack has a cluster of 3 brokers" in fault.message and "./inv restore" in fault.hint
    (fault,) = judge_cluster(there[:1], 3)
    assert "this stack has one broker, which has its data" in fault.message


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            {"source": "existing:/srv/shop"},
            "`stack_app_source` is `existing:/srv/shop`: a stack in containers builds an image",
            "give `stack_app_source` a path: /srv/shop",
        ),
        ({"venv": "/srv/venv"}, "`stack_app_venv` is `/srv/venv`", "leave `stack_app_venv` empty"),
        ({"python": "3.12"}, "the image has the Python of Debian 13", "./inv up --on hosts"),
    ],
)
def test_what_an_image_cannot_have_is_refused(given: dict[str, str], message: str, hint: str) -> None:
    (fault,) = judge_applications([{"name": "", "label": "app", **given}])
    assert message in fault.message and hint in fault.hint


def test_where_an_application_comes_from_is_no_matter() -> None:
    sources = ["", "../shop", "git+https://git.example.org/shop@main", "shop==1.4.2", "/srv/shop-1.0.whl"]
    assert judge_applications([{"name": "", "source": source} for source in sources]) == []


def test_a_strangers_process_is_shown() -> None:
    seen = {"listeners": [{**LISTENER, "ours": False}], "env": ""}
    (fault,) = judge_published(seen, READY, [AMQP], "rabbitry-local", "web1")
    assert "beam.smp (pid 9" in fault.message


def published(project: str, running: bool = True) -> dict[str, Any]:
    return {"port": 5672, "project": project, "service": "rabbitry-test-rabbitmq-1", "running": running}


def test_another_project_is_named() -> None:
    engine = {**READY, "published": [published("rabbitry-test")]}
    (fault,) = judge_published(NOBODY, engine, [AMQP], "rabbitry-local", "web1")
    assert "container rabbitry-test-rabbitmq-1 of the compose project `rabbitry-test`" in fault.message


@pytest.mark.parametrize("found", [published("rabbitry-local"), published("rabbitry-test", running=False)])
def test_what_is_ours_or_stopped_is_no_fault(found: dict[str, Any]) -> None:
    proxy = {**LISTENER, "program": "docker-proxy", "unit": "", "ours": False}
    seen = {"listeners": [proxy] if found["running"] else [], "env": ""}
    assert judge_published(seen, {**READY, "published": [found]}, [AMQP], "rabbitry-local", "web1") == []
