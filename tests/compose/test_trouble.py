"""What goes wrong in containers: crashes lose no task, doctor names what it finds, `up` mends it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from kombu import pools

from rabbitry.post import Post
from tests.support.contained import Contained
from tests.support.docker import docker
from tests.support.repository import ROOT

UP = 600
EVERY = ("redis-server", "rabbitmq-server", "stack-worker-default", "stack-beat", "stack-flower")

pytestmark = [pytest.mark.hosts, pytest.mark.long]


@pytest.fixture(scope="module")
def running(stack: Contained) -> Iterator[Contained]:
    stack.inv("up", "--on", "compose", seconds=UP)
    yield stack


def found(stack: Contained) -> list[str]:
    answer = json.loads(stack.inv("doctor", "--json", check=False).out)
    return [one["slug"] for one in answer["findings"]]


@pytest.mark.parametrize("service", EVERY)
def test_a_crash_loses_no_task(running: Contained, service: str) -> None:
    # Connections to a server that has crashed since are no use.
    pools.reset()
    post, before = Post(running.clients()), running.containers()[service]
    letters = [post.send("sleep", 2.0, queue="default") for _ in range(6)]
    running.crash(service)
    running.wait_healthy(service, before)
    pools.reset()
    post = Post(running.clients())
    assert [post.answer(letter, seconds=90) for letter in letters] == [2.0] * 6


@pytest.mark.parametrize(
    ("verb", "service", "slug"),
    [
        ("stop", "stack-worker-default", "celery/worker_down"),
        ("stop", "stack-beat", "beat/down"),
        ("stop", "stack-flower", "flower/down"),
        ("stop", "redis-server", "redis/server_down"),
        ("stop", "rabbitmq-server", "rabbitmq/node_down"),
    ],
)
def test_doctor_names_what_was_stopped_and_up_mends_it(
    running: Contained, verb: str, service: str, slug: str
) -> None:
    docker(verb, running.containers()[service]["Id"], seconds=120)
    assert found(running) == [slug]
    status = running.inv("status", check=False)
    assert status.rc == 1 and f"{service} is stopped" in status.err
    running.inv("up", seconds=UP)
    assert found(running) == []


def test_what_was_changed_in_the_broker_is_found_and_declared_again(running: Contained) -> None:
    container = running.containers()["rabbitmq-server"]["Id"]
    docker("exec", container, "rabbitmqctl", "-q", "set_permissions", "-p", "app", "app", "^$", ".*", ".*")
    assert found(running) == ["rabbitmq/permission_missing"]
    running.inv("up", seconds=UP)
    assert "Declare accounts and queues of RabbitMQ" in " ".join(running.changed())
    assert found(running) == []


def test_compose_alone_stops_and_starts_it(running: Contained) -> None:
    env = running.environment.state / "compose/.env"
    words = ["compose", "--env-file", str(env), "--file", str(ROOT / "compose/compose.yaml")]
    docker(*words, "down", seconds=180)
    docker(*words, "up", "--detach", "--wait", seconds=UP)
    assert running.inv("smoke").rc == 0
    docker(*words, "--profile", "workers", "up", "--detach", "--wait", seconds=UP)
    assert "stack-worker-default-more" in running.containers()
    running.inv("up", seconds=UP)


def test_ports_that_another_stack_holds_are_told_with_its_name(
    running: Contained, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ends = json.loads(running.environment.stack.read_text(encoding="utf-8"))["endpoints"]
    taken = {"stack_amqp_port": ends["amqp"]["port"]}
    other = Contained.write(tmp_path_factory.mktemp("other"), **taken)
    try:
        refused = other.inv("up", "--on", "compose", check=False)
        assert refused.rc == 1 and f"of the compose project `{running.project}`" in refused.err
        assert "give `stack_amqp_port` another number" in refused.err
        assert other.left() == {}
    finally:
        other.forget()


def test_a_backup_comes_back_into_a_new_stack(
    running: Contained, tmp_path_factory: pytest.TempPathFactory
) -> None:
    redis = running.clients().redis()
    redis.set("kept", "by a user", ex=3600)
    place = tmp_path_factory.mktemp("backup") / "first"
    running.inv("backup", "--to", str(place))
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    running.inv("destroy", "--yes", seconds=300)
    running.inv("up", "--on", "compose", seconds=UP)
    assert running.clients().redis().get("kept") is None
    running.inv("restore", str(place), "--yes")
    store = running.clients().redis()
    assert store.get("kept") == "by a user" and 0 < store.ttl("kept") <= 3600
    assert running.inv("smoke").rc == 0
