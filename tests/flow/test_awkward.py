"""Names and passwords with every awkward character, other ports, several workers: the same promises hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.checkout import Checkout
from tests.support.hosts import Host
from tests.support.snapshot import Snapshot, ports_of

pytestmark = [pytest.mark.hosts, pytest.mark.steps]

NAME = "awkward"
PASSWORD = "p@:/%2F \"'$`\\ #;é!{{x}}"
VARIABLES: dict[str, object] = {
    "stack_vhost": "a/b %2F c",
    "stack_user": 'o\'brien @:"x"',
    "stack_app_password": PASSWORD,
    "stack_admin_password": PASSWORD,
    "stack_redis_password": PASSWORD,
    # Flower builds a URL of its own from this one, and takes only ASCII from browsers.
    "stack_monitor_password": "p@:% \"'$`\\;!",
    "stack_flower_password": "p@:/%2F \"'$`\\ #;!",
    "stack_amqp_port": 5673,
    "stack_management_port": 15673,
    "stack_redis_port": 6380,
    "stack_flower_port": 5556,
    "stack_queues": ["default", "math", "reports.daily"],
    "stack_workers": [
        {"name": "default", "queues": ["default"], "concurrency": 1, "max_tasks_per_child": 100},
        {"name": "heavy", "queues": ["math", "reports.daily"], "pool": "threads", "concurrency": 4},
    ],
}


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    host = Host.start("bookworm", "noinit", label="awkward")
    try:
        checkout = Checkout.clone_into(host)
        checkout.write_inventory(NAME, {name: _unsafe(value) for name, value in VARIABLES.items()})
        yield checkout
    finally:
        host.remove()


def _unsafe(value: object) -> object:
    """Braces in a password are no template: `raw` says so to Ansible."""
    return "{% raw %}" + value + "{% endraw %}" if isinstance(value, str) and "{{" in value else value


def test_up_ends_with_a_working_stack(checkout: Checkout) -> None:
    checkout.inv("up", "--env", NAME, seconds=300)
    assert {5673, 15673, 6380, 5556} <= ports_of(Snapshot.of(checkout.host))


def test_smoke_is_green(checkout: Checkout) -> None:
    assert "stack-worker-heavy from queue reports.daily" in checkout.inv("smoke", "--env", NAME).out


def test_doctor_finds_nothing_and_its_evidence_has_no_password(checkout: Checkout) -> None:
    said = checkout.inv("doctor", "--env", NAME, "--save", "evidence.json").out
    assert "no trouble found" in said
    assert "no trouble found" in checkout.inv("doctor", "--env", NAME, "--from", "evidence.json").out
    evidence = checkout.host.read("/root/rabbitry/evidence.json")
    secrets = json.loads(checkout.host.read(f"/root/rabbitry/.state/{NAME}/secrets.json"))
    forms = [form for secret in secrets.values() for form in (secret, quote(secret, safe=""))]
    assert len(forms) >= 10
    assert [form for form in forms if form in evidence or json.dumps(form)[1:-1] in evidence] == []


def test_status_shows_both_workers(checkout: Checkout) -> None:
    out = checkout.inv("status", "--env", NAME).out
    assert "stack-worker-default" in out and "stack-worker-heavy" in out


def test_a_second_up_of_every_role_changes_nothing(checkout: Checkout) -> None:
    checkout.inv("up", "--env", NAME, "--full", seconds=300)
    assert checkout.changed(NAME) == 0


def test_the_passwords_stay_out_of_command_lines_and_logs(checkout: Checkout) -> None:
    host = checkout.host
    running = host.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").out
    written = host.run(f"cat /root/rabbitry/.state/{NAME}/log/* /var/log/rabbitry/*.log").out
    secret = "p@:/%2F"
    assert secret not in running
    assert secret not in written


def test_another_environment_does_not_see_it(checkout: Checkout) -> None:
    refused = checkout.inv("up", check=False)
    assert refused.rc != 0
    assert NAME in refused.text and "./inv destroy" in refused.text
    assert checkout.inv("secrets", check=False).rc != 0
