"""Bad input is refused before any change, every fault of it at once, each by its name."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.support.checkout import CLONE, ORIGIN, Checkout
from tests.support.hosts import Host
from tests.support.snapshot import Snapshot

pytestmark = pytest.mark.hosts


@dataclass(frozen=True)
class Refusal:
    """An inventory that must be refused, and what the message must say."""

    name: str
    variables: dict[str, object]
    says: tuple[str, ...]
    without: dict[str, str] = field(default_factory=dict)


WORKER: dict[str, object] = {"name": "default", "queues": ["default", "math"], "concurrency": 2}
REFUSALS = [
    Refusal("a_misspelt_variable", {"stack_amqp_prot": 5673}, ("stack_amqp_prot", "stack_amqp_port")),
    Refusal("a_wrong_type", {"stack_amqp_port": "many"}, ("stack_amqp_port", "many")),
    Refusal("a_port_out_of_range", {"stack_amqp_port": 70000}, ("stack_amqp_port", "70000")),
    Refusal("a_port_used_twice", {"stack_redis_port": 5672}, ("5672", "stack_amqp_port", "stack_redis_port")),
    Refusal("a_worker_without_queues", {"stack_workers": [WORKER | {"queues": []}]}, ("default", "queue")),
    Refusal("a_queue_that_nobody_consumes", {"stack_queues": ["default", "math", "mail"]}, ("mail",)),
    Refusal("a_missing_application_module", {"stack_app_module": "nowhere"}, ("nowhere",)),
    Refusal("an_unreadable_source", {"stack_app_source": "/no/such/place"}, ("/no/such/place",)),
    Refusal("an_unknown_set_of_celery", {"stack_celery_set": "3.1"}, ("3.1", "5.7")),
    Refusal("no_broker_at_all", {}, ("brokers",), {"brokers": "localhost"}),
    Refusal(
        "two_faults_at_once",
        {"stack_amqp_prot": 5673, "stack_flower_port": "none"},
        ("stack_amqp_prot", "stack_flower_port"),
    ),
]


@contextmanager
def unchanged(checkout: Checkout) -> Iterator[None]:
    """See to it that what happens inside leaves the host as it was."""
    before = Snapshot.of(checkout.host, CLONE, ORIGIN)
    yield
    assert before.changes_to(Snapshot.of(checkout.host, CLONE, ORIGIN)) == []


def up_is_refused(checkout: Checkout, *says: str, inventory: str = "inventory/local.yml") -> None:
    """Assert that `up` fails and that its message has every one of `says`."""
    result = checkout.inv("up", "-i", inventory, seconds=120, check=False)
    assert result.rc != 0, result
    assert [words for words in says if words not in result.text] == [], result
    assert "Traceback" not in result.text, result


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_bad_input_is_refused(bare: Checkout, refusal: Refusal) -> None:
    inventory = bare.write_inventory(refusal.name, refusal.variables, refusal.without)
    with unchanged(bare):
        up_is_refused(bare, *refusal.says, inventory=inventory)


def test_an_inventory_without_a_host_is_refused(bare: Checkout) -> None:
    bare.host.write(f"{CLONE}/inventory/nobody.yml", "all:\n  children:\n    brokers:\n")
    with unchanged(bare):
        up_is_refused(bare, "nobody.yml", "no host", inventory="inventory/nobody.yml")


@contextmanager
def background(host: Host, command: str) -> Iterator[int]:
    """Run a shell line in the background of the host; give its process number; end it after."""
    line = f"setsid nohup sh -c {shlex.quote('exec ' + command)} >/dev/null 2>&1 </dev/null & echo $!"
    pid = int(host.run(line).out)
    try:
        yield pid
    finally:
        host.run(["kill", str(pid)], check=False)


LISTEN = (
    "import signal, socket; held = socket.create_server(('127.0.0.1', 5672));"
    " open('/run/listens', 'w'); signal.pause()"
)


def test_a_port_that_someone_holds_is_named_with_its_process(bare: Checkout) -> None:
    with background(bare.host, f'python3 -c "{LISTEN}"') as pid:
        bare.host.run("until test -e /run/listens; do :; done", seconds=10)
        up_is_refused(bare, "5672", str(pid), "python3")


def _unresolvable(host: Host) -> None:
    host.run("hostname nowhere.invalid")


def _old_debian(host: Host) -> None:
    host.run("sed -i -e s/trixie/buster/g -e s/13/10/g /etc/os-release")


MACHINES: dict[str, tuple[Callable[[Host], None], tuple[str, ...], str]] = {
    "unresolvable_host_name": (_unresolvable, ("nowhere.invalid",), "hostname web1"),
    "unsupported_system": (
        _old_debian,
        ("Debian", "10"),
        "sed -i -e s/buster/trixie/g -e s/10/13/g /etc/os-release",
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_that_cannot_carry_the_stack_is_refused(bare: Checkout, name: str) -> None:
    spoil, says, mend = MACHINES[name]
    spoil(bare.host)
    try:
        with unchanged(bare):
            up_is_refused(bare, *says)
    finally:
        bare.host.run(mend)


def test_a_user_without_privileges_is_told_so(bare: Checkout) -> None:
    bare.host.run("id visitor 2>/dev/null || useradd --create-home visitor")
    bare.host.run("rm -rf /home/visitor/rabbitry && git clone -q file:///srv/rabbitry /home/visitor/rabbitry")
    bare.host.run("chown -R visitor: /home/visitor/rabbitry")
    before = Snapshot.of(bare.host, "/home/visitor")
    result = bare.host.run(
        ["./inv", "up"],
        user="visitor",
        cwd="/home/visitor/rabbitry",
        env={"HOME": "/home/visitor"},
        check=False,
        seconds=180,
    )
    assert result.rc != 0, result
    assert "sudo" in result.text, result
    assert "Traceback" not in result.text, result
    assert before.changes_to(Snapshot.of(bare.host, "/home/visitor")) == []
