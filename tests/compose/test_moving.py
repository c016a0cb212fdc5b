"""What a stack holds moves from a host to containers and back, by `backup` and `restore`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import Checkout
from tests.support.contained import Contained
from tests.support.docker import docker
from tests.support.hosts import Host

UP = 600
PLACE = "/root/kept"
KEY, VALUE = "kept by a user", "1"
# A queue and a user that no inventory declares.
DECLARE = (
    "rabbitmqctl -q add_user guest-of-{0} not-a-secret && "
    "rabbitmqctl -q set_permissions -p app guest-of-{0} '' '' 'made-on-{0}'"
)
SET = f'REDISCLI_AUTH=$(cat .state/local/secrets/redis) redis-cli -n 0 set "{KEY}" {VALUE} ex 3600'
GET = f'REDISCLI_AUTH=$(cat .state/local/secrets/redis) redis-cli -n 0 get "{KEY}"'
USERS = "rabbitmqctl -q list_permissions -p app"

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    """A stack on a fresh Debian 13."""
    host = Host.start("trixie", "systemd", label="moving")
    try:
        found = Checkout.clone_into(host)
        found.inv("up", seconds=UP)
        yield found
    finally:
        host.remove()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("moving")


def test_a_stack_on_a_host_is_backed_up(checkout: Checkout, folder: Path) -> None:
    checkout.host.run(DECLARE.format("host"))
    checkout.host.run(SET, cwd="/root/rabbitry")
    checkout.inv("backup", "--to", PLACE)
    docker("cp", f"{checkout.host.name}:{PLACE}", str(folder / "of-host"))


def test_containers_get_what_the_host_had(stack: Contained, folder: Path) -> None:
    stack.inv("up", "--on", "compose", seconds=UP)
    assert stack.clients().redis().get(KEY) is None
    told = stack.inv("restore", str(folder / "of-host"), "--yes").out
    assert "from `local` on hosts" in told
    store = stack.clients().redis()
    assert store.get(KEY) == VALUE and 0 < store.ttl(KEY) <= 3600
    users = stack.exec("rabbitmq-server", *USERS.split()).out
    assert "guest-of-host\t\t\tmade-on-host\n" in users
    stack.inv("smoke")


def test_the_host_gets_what_the_containers_have(checkout: Checkout, stack: Contained, folder: Path) -> None:
    stack.exec("rabbitmq-server", "sh", "-c", DECLARE.format("compose"))
    store = stack.clients().redis()
    store.set(KEY, "2", ex=3600)
    stack.inv("backup", "--to", str(folder / "of-containers"))
    docker("cp", str(folder / "of-containers"), f"{checkout.host.name}:{PLACE}-back")
    told = checkout.inv("restore", f"{PLACE}-back", "--yes").out
    assert "on compose" in told
    assert checkout.host.run(GET, cwd="/root/rabbitry").out.strip() == "2"
    assert "guest-of-compose\t\t\tmade-on-compose\n" in checkout.host.run(USERS).out
    checkout.inv("smoke")


def test_what_was_changed_on_its_way_is_refused(stack: Contained, folder: Path) -> None:
    with (folder / "of-host/redis.jsonl").open("a") as stream:
        stream.write("{}\n")
    refused = stack.inv("restore", str(folder / "of-host"), "--yes", check=False)
    assert refused.rc == 1 and "is not as `backup` wrote it" in refused.err
