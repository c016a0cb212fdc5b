"""What a broker holds, as data: planned, sent, taken back, pruned, refused, emptied; the services stay up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host
from tests.support.service import HostService

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

LOCAL = f"{CLONE}/inventory/group_vars/local.yml"
SERVICES = ("rabbitmq-server", "redis-server", "stack-worker-default", "stack-beat", "stack-flower")
DECLARED: dict[str, Any] = {
    "stack_vhosts": [{"name": "reports", "limits": {"max-queues": 50}}],
    "stack_users": [
        {
            "name": "shop",
            "tags": ["monitoring"],
            "permissions": [{"vhost": "reports", "configure": "^shop", "write": ".*", "read": ".*"}],
            "topic_permissions": [{"vhost": "reports", "exchange": "logs", "write": "^eu[.]", "read": ".*"}],
            "limits": {"max-channels": 20},
        },
        {"name": "o'brien @x/y", "password": "pa:ss w/ord"},
    ],
    "stack_exchanges": [{"vhost": "reports", "name": "logs", "type": "topic"}],
    "stack_extra_queues": [{"vhost": "reports", "name": "disk", "type": "classic"}],
    "stack_bindings": [
        {"vhost": "reports", "source": "logs", "destination": "disk", "routing_key": "*.error"}
    ],
    "stack_policies": [
        {"vhost": "reports", "name": "short", "pattern": "^x", "definition": {"max-length": 1000}}
    ],
    "stack_operator_policies": [
        {
            "vhost": "reports",
            "name": "cap",
            "pattern": "",
            "apply-to": "queues",
            "definition": {"expires": 10**8},
        }
    ],
}
ASK = """
import base64, http.client, json, sys
asked = json.load(sys.stdin)
login = base64.b64encode(f"admin:{asked['password']}".encode()).decode()
connection = http.client.HTTPConnection("127.0.0.1", 15672, timeout=30)
headers = {"Authorization": "Basic " + login, "Content-Type": "application/json"}
connection.request(asked["method"], asked["path"], asked["body"] and json.dumps(asked["body"]), headers)
answer = connection.getresponse()
print(answer.read().decode())
sys.exit(answer.status >= 400)
"""
# More queues than anybody writes by hand.
MANY = 1000


class Stack:
    """A stack that is up, and what its broker and services are found to be."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.host = checkout.host
        self.pids = self.running()

    def running(self) -> dict[str, int | None]:
        return {name: HostService(self.host, name).pid() for name in SERVICES}

    def declare(self, **changes: Any) -> None:
        self.host.write(LOCAL, json.dumps(DECLARED | changes))

    def plan(self) -> list[tuple[str, str]]:
        """What `./inv topology --plan` says, as action and object."""
        (found,) = json.loads(self.checkout.inv("topology", "--plan", "--json").out)
        return [(one["action"], one["what"]) for one in found["plan"]]

    def api(self, method: str, path: str, body: object = None) -> str:
        """Ask the management API as the administrator, from inside the host."""
        password = self.checkout.inv("secrets", "admin").out.strip()
        question = {"method": method, "path": path, "body": body, "password": password}
        return self.host.run(["python3", "-c", ASK], stdin=json.dumps(question)).out


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    host = Host.start("trixie", "systemd", label="topology")
    try:
        checkout = Checkout.clone_into(host)
        checkout.inv("up", seconds=300)
        yield Stack(checkout)
    finally:
        host.remove()


def test_a_fresh_stack_holds_what_is_declared_and_nothing_else(stack: Stack) -> None:
    assert stack.plan() == []
    assert "the broker holds what is declared\n" in stack.checkout.inv("topology").out


def test_a_plan_shows_all_of_it_and_changes_nothing(stack: Stack) -> None:
    stack.declare()
    first = stack.plan()
    assert {action for action, _ in first} == {"add"}
    assert len(first) == 13
    assert stack.plan() == first


def test_one_run_sends_it_and_restarts_nothing(stack: Stack) -> None:
    said = stack.checkout.inv("topology").out
    assert "localhost: 13 to add" in said
    assert "user `shop`" in said and "pa:ss" not in said
    assert stack.plan() == []
    assert stack.running() == stack.pids


def test_the_users_can_log_in_and_their_passwords_are_found(stack: Stack) -> None:
    generated = stack.checkout.inv("secrets", "user/shop").out.strip()
    assert len(generated) == 32
    for name, password in (("shop", generated), ("o'brien @x/y", "pa:ss w/ord")):
        stack.host.run(["rabbitmqctl", "authenticate_user", name], stdin=f"{password}\n")


def test_up_finds_nothing_to_change_after_it(stack: Stack) -> None:
    stack.checkout.inv("up", seconds=300)
    stack.checkout.inv("up", "--full", seconds=300)
    assert stack.checkout.changed() == 0
    assert stack.running() == stack.pids


def test_a_shovel_brings_its_plugin_without_a_restart(stack: Stack) -> None:
    ends = {"src-protocol": "amqp091", "src-uri": "amqp:///reports", "src-queue": "disk"}
    ends |= {"dest-protocol": "amqp091", "dest-uri": "amqp://shop:s3cret@h/reports", "dest-queue": "disk"}
    entry = {"vhost": "reports", "component": "shovel", "name": "move", "value": ends}
    stack.declare(stack_parameters=[entry])
    said = stack.checkout.inv("topology").out
    assert "amqp://shop:***@h/reports" in said and "s3cret" not in said
    assert "rabbitmq_shovel" in stack.host.run("rabbitmq-plugins list -e -m").out
    stack.declare()
    assert stack.plan() == [("leave", "shovel `move` on vhost `reports`")]
    stack.declare(stack_prune=True)
    stack.checkout.inv("topology")
    assert stack.plan() == []
    assert stack.running() == stack.pids


def test_what_was_made_by_hand_is_told_and_goes_only_when_asked(stack: Stack) -> None:
    stack.declare()
    stack.api("PUT", "/api/queues/reports/idle", {"durable": True})
    stack.api("PUT", "/api/queues/reports/full", {"durable": True})
    message = {"properties": {}, "routing_key": "full", "payload": "kept", "payload_encoding": "string"}
    stack.api("POST", "/api/exchanges/reports/amq.default/publish", message)
    by_hand = {f"queue `{name}` on vhost `reports`" for name in ("idle", "full")}
    assert set(stack.plan()) == {("leave", one) for one in by_hand}
    stack.checkout.inv("topology")
    assert set(stack.plan()) == {("leave", one) for one in by_hand}
    stack.declare(stack_prune=True)
    kept = ("keep", "queue `full` on vhost `reports`, which has 1 message")
    assert set(stack.plan()) == {("remove", "queue `idle` on vhost `reports`"), kept}
    stack.checkout.inv("topology")
    assert stack.plan() == [kept]


def test_what_the_broker_cannot_change_is_named_with_the_choices_and_nothing_is_done(stack: Stack) -> None:
    queue = {**DECLARED["stack_extra_queues"][0], "arguments": {"x-max-length": 9}}
    exchange = {**DECLARED["stack_exchanges"][0], "type": "direct"}
    stack.declare(stack_extra_queues=[queue], stack_exchanges=[exchange], stack_vhosts=[{"name": "reports"}])
    for options in (("--plan",), ()):
        done = stack.checkout.inv("topology", *options, check=False)
        assert done.rc == 1
        assert "queue `disk` on vhost `reports` exists with `x-max-length` unset instead of `9`" in done.out
        assert "exchange `logs` on vhost `reports` exists with `type` `topic` instead of `direct`" in done.out
        assert "hint: rabbitmqctl -p reports delete_queue disk --if-empty" in done.out
    # The limit, which could have gone, is still there.
    assert '"max-queues":50' in stack.api("GET", "/api/vhost-limits/reports")
    stack.declare()


def test_wrong_entries_are_refused_all_at_once(stack: Stack) -> None:
    binding = {"vhost": "report", "source": "log", "destination": "disk"}
    stack.declare(stack_bindings=[binding], stack_users=[{"name": "app"}])
    done = stack.checkout.inv("topology", check=False)
    assert done.rc != 0
    for words in ("virtual host `report`, which is not declared", "the user `app` is declared twice"):
        assert words in done.text
    stack.declare()


def test_a_password_of_the_stacks_own_is_left_to_up(stack: Stack) -> None:
    stack.declare(stack_app_password="another")
    done = stack.checkout.inv("topology", check=False)
    assert done.rc != 0
    assert "the password of user `app` on localhost is another" in done.text and "hint: ./inv up" in done.text
    stack.declare()
    assert stack.plan() == [("leave", "queue `full` on vhost `reports`")]


def test_a_thousand_queues_are_one_pass_and_then_no_change(stack: Stack) -> None:
    bulk = [{"vhost": "reports", "name": f"bulk.{number}", "type": "classic"} for number in range(MANY)]
    # The limit that is raised with them counts already.
    limits = [{"name": "reports", "limits": {"max-queues": MANY + 50}}]
    stack.declare(stack_extra_queues=[*DECLARED["stack_extra_queues"], *bulk], stack_vhosts=limits)
    said = stack.checkout.inv("topology", seconds=300).out
    assert f"{MANY} to add, 1 to change" in said
    assert len(said.splitlines()) < 60
    assert "the broker holds what is declared" in stack.checkout.inv("topology").out
    stack.checkout.inv("up", seconds=300)
    stack.checkout.inv("up", seconds=300)
    assert stack.checkout.changed() == 0


def test_reset_asks_exports_and_leaves_what_is_declared(stack: Stack) -> None:
    stack.declare()
    refused = stack.checkout.inv("reset", check=False)
    assert refused.rc != 0 and "nothing was reset" in refused.text
    assert ("leave", "queue `full` on vhost `reports`") in stack.plan()
    said = stack.checkout.inv("reset", "--yes", seconds=300).out
    assert stack.plan() == []
    exported = json.loads(stack.host.read(said.split()[-1]))
    assert "full" in {queue["name"] for queue in exported["queues"]}
    assert stack.checkout.inv("smoke").rc == 0
    stack.checkout.inv("up", seconds=300)
    assert stack.checkout.inv("doctor").rc == 0
