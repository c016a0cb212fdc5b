"""From Debian 12's RabbitMQ to Debian 13's, which cannot open its data: refused, and built anew."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support import application
from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host
from tests.support.service import HostService

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

OLD, NEW = "3.10.8", "4.0.5"
SOURCES = "sed -i s/bookworm/trixie/g /etc/apt/sources.list && apt-get -q update"
UPGRADE = (
    "DEBIAN_FRONTEND=noninteractive apt-get -q -y -oDpkg::Options::=--force-confold install rabbitmq-server"
)
PASSWORD = "kept-as-it-was"
# Made by hand: an account, a virtual host, a policy, and one that 4.0 does not know.
BY_HAND = f"""
rabbitmqctl -q add_user visitor {PASSWORD}
rabbitmqctl -q add_vhost attic
rabbitmqctl -q set_permissions -p attic visitor '.*' '.*' '.*'
rabbitmqctl -q set_permissions -p attic admin '.*' '.*' '.*'
rabbitmqctl -q set_policy -p attic short '^y' '{{"max-length": 5}}'
rabbitmqctl -q set_policy -p attic mirror '^x' '{{"ha-mode": "all"}}'
"""
ASK = """
import base64, json, sys, urllib.request
asked = json.load(sys.stdin)
login = base64.b64encode(("admin:" + asked["password"]).encode()).decode()
for method, path, body in asked["requests"]:
    request = urllib.request.Request("http://127.0.0.1:15672" + path, method=method)
    request.add_header("Authorization", "Basic " + login)
    request.add_header("Content-Type", "application/json")
    data = None if body is None else json.dumps(body).encode()
    urllib.request.urlopen(request, data, timeout=30).read()
"""
QUEUE = "/api/queues/attic/letters"
MESSAGE = {"properties": {"delivery_mode": 2}, "routing_key": "letters", "payload": "x"}


def up(label: str) -> Iterator[Checkout]:
    """A Debian 12 whose stack is up, with what was made by hand, and with a message in a queue of that."""
    host = Host.start("bookworm", "systemd", label=label)
    try:
        checkout = Checkout.clone_into(host)
        checkout.inv("up", seconds=400)
        host.run(BY_HAND, seconds=120)
        api(checkout, ("PUT", QUEUE, {"durable": True}))
        message = MESSAGE | {"payload_encoding": "string"}
        api(checkout, ("POST", "/api/exchanges/attic/amq.default/publish", message))
        host.run(SOURCES, seconds=300)
        yield checkout
    finally:
        host.remove()


def api(checkout: Checkout, *requests: tuple[str, str, object]) -> None:
    """Send requests to the management API as the administrator, from inside the host."""
    question = {"password": checkout.inv("secrets", "admin").out.strip(), "requests": requests}
    checkout.host.run(["python3", "-c", ASK], stdin=json.dumps(question))


def version(host: Host) -> str:
    return host.run("dpkg-query -W -f '${Version}' rabbitmq-server").out.partition("-")[0]


def pids(host: Host) -> dict[str, int | None]:
    names = ("rabbitmq-server", "stack-worker-default", "stack-beat")
    return {name: HostService(host, name).pid() for name in names}


def is_proven(checkout: Checkout) -> None:
    """Assert that the stack works, and that another run has nothing to change."""
    assert "19 promises kept" in checkout.inv("smoke", seconds=200).text
    assert "no trouble found" in checkout.inv("doctor", seconds=200).text
    checkout.inv("up", "--full", seconds=400)
    assert checkout.changed() == 0
    flags = checkout.host.run("rabbitmqctl -q list_feature_flags name state stability --formatter csv").out
    assert [one for one in flags.splitlines() if "stable" in one and '"disabled"' in one] == []


@pytest.fixture(scope="module")
def whole() -> Iterator[Checkout]:
    yield from up("upgrade")


def test_up_refuses_the_release_that_is_to_come_and_names_the_way(whole: Checkout) -> None:
    before = pids(whole.host)
    refused = whole.inv("up", check=False, seconds=200)
    assert refused.rc == 1
    assert f"RabbitMQ {NEW}" in refused.text and "4.0 opens that of 3.13" in refused.text
    assert "hint: ./inv rebuild " in refused.text
    assert (version(whole.host), pids(whole.host)) == (OLD, before)


def test_what_is_left_in_a_queue_stops_it_and_the_stack_runs_on(whole: Checkout) -> None:
    refused = whole.inv("rebuild", "--yes", "--wait", "5", check=False, seconds=400)
    assert refused.rc == 1
    assert "1 message in queue `letters` on vhost `attic` remain" in refused.text
    assert "hint: ./inv rebuild --leave" in refused.text
    assert version(whole.host) == OLD and all(pids(whole.host).values())
    number = application.send(whole.host, "sample.tasks.add", 2, 3)
    assert application.result(whole.host, number) == 5
    assert whole.host.run("ls -d /var/lib/rabbitmq/mnesia.*", check=False).rc != 0


def test_the_broker_is_built_anew_with_what_nobody_declared(whole: Checkout) -> None:
    api(whole, ("DELETE", f"{QUEUE}/contents", None))
    numbers = [application.send(whole.host, "sample.tasks.add", 1, number) for number in range(5)]
    said = whole.inv("rebuild", "--yes", seconds=900)
    assert [application.result(whole.host, one) for one in numbers] == list(range(1, 6))
    assert version(whole.host) == NEW
    assert "policy `mirror` on vhost `attic` did not come back" in said.text
    assert whole.host.run("rabbitmqctl -q list_queues -p attic name --formatter csv").out.split() == [
        '"name"',
        '"letters"',
    ]
    policies = whole.host.run("rabbitmqctl -q list_policies -p attic --formatter csv").out
    assert "short" in policies and "mirror" not in policies
    whole.host.run(["rabbitmqctl", "authenticate_user", "visitor"], stdin=f"{PASSWORD}\n")
    assert whole.host.run("ls -d /var/lib/rabbitmq/mnesia.*/rabbit@localhost").out
    assert not whole.host.exists(f"{CLONE}/.state/local/rebuild.json")


def test_the_stack_is_as_declared_after_it(whole: Checkout) -> None:
    is_proven(whole)


@pytest.fixture(scope="module")
def late(whole: Checkout) -> Iterator[Checkout]:
    whole.host.remove()
    yield from up("upgraded")


def test_a_release_that_cannot_start_is_named_with_what_is_lost(late: Checkout) -> None:
    # The package's own script fails: its service does not start.
    late.host.run(UPGRADE, seconds=600, check=False)
    assert version(late.host) == NEW
    refused = late.inv("up", check=False, seconds=200)
    assert refused.rc == 1 and "cannot open the data of 3.10.8" in refused.text
    assert "hint: ./inv rebuild --without-export" in refused.text
    asked = late.inv("rebuild", "--yes", check=False, seconds=600)
    assert asked.rc == 1
    assert "did not give its definitions, so nothing was done" in asked.text
    assert "hint: ./inv rebuild --without-export" in asked.text


def test_what_is_declared_comes_back_without_an_export(late: Checkout) -> None:
    late.inv("rebuild", "--yes", "--without-export", seconds=900)
    assert "visitor" not in late.host.run("rabbitmqctl -q list_users").out
    assert late.host.run("ls -d /var/lib/rabbitmq/mnesia.*/rabbit@localhost").out
    is_proven(late)
