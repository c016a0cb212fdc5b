"""RabbitMQ from a vendor's repository: a signed one, made in the host of packages with other versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import CLONE, ORIGIN, Checkout
from tests.support.hosts import Host, Result
from tests.support.snapshot import Snapshot
from tests.support.wait import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

BUILD = Path(__file__).with_name("vendor_repository.sh")
NAME = "vendor"
URL, KEY, OTHER_KEY = "http://127.0.0.1:8099", "/srv/vendor/key.asc", "/srv/vendor/other.asc"
PINNED, NEWER = "4.0.5-1+vendor1", "4.0.5-1+vendor2"
ERLANG = "27.3.4.1-1+vendor1"
SOURCES = "/etc/apt/sources.list.d/rabbitry-rabbitmq.sources"
VENDOR = {
    "stack_rabbitmq_source": "vendor",
    "stack_rabbitmq_vendor_url": URL,
    "stack_rabbitmq_vendor_key": KEY,
    "stack_rabbitmq_vendor_version": PINNED,
    "stack_rabbitmq_vendor_erlang_version": ERLANG,
}


# The part of `up` that has to do with it: all faults first, the background transaction, the role.
PLAYS = ("validate", "gate", "packages", "broker")


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    """A host with a clone, and a vendor's repository that it serves to itself."""
    host = Host.start("trixie", "systemd", label="vendor")
    try:
        host.run(["bash", "-s"], stdin=BUILD.read_text(encoding="utf-8"), seconds=150)
        made = Checkout.clone_into(host)
        plays = "".join(f"- ansible.builtin.import_playbook: {name}.yml\n" for name in PLAYS)
        host.write(f"{CLONE}/playbooks/try.yml", plays)
        made.inv("--list", seconds=120)  # makes the environment
        yield made
    finally:
        host.remove()


@pytest.fixture(scope="module")
def before(checkout: Checkout) -> Snapshot:
    """The host before anything was set up."""
    return now(checkout)


def now(checkout: Checkout) -> Snapshot:
    return Snapshot.of(checkout.host, CLONE, ORIGIN)


def up(checkout: Checkout, *options: str, check: bool = True, **changes: str) -> Result:
    """The plays with the vendor's packages; `changes` are decisions without their prefix."""
    decisions = VENDOR | {f"stack_rabbitmq_{name}": value for name, value in changes.items()}
    inventory = checkout.write_inventory(NAME, decisions)
    command = [".venv/bin/ansible-playbook", "-i", inventory, "playbooks/try.yml", *options]
    environment = {"LANG": "C.UTF-8", "RABBITRY_ENV": NAME}
    return checkout.host.run(command, seconds=240, check=check, cwd=CLONE, env=environment)


def changes_of(result: Result) -> int:
    """How many tasks changed something."""
    return int(re.findall(r"^localhost +: ok=\d+ +changed=(\d+)", result.out, re.M)[-1])


def refused(checkout: Checkout, *says: str, **changes: str) -> None:
    """Assert that `up` fails, says this and changes nothing."""
    earlier = now(checkout)
    result = up(checkout, check=False, **changes)
    assert result.rc != 0, result
    text = re.sub(r"\s+", " ", result.text.replace("''", "'"))  # as YAML folds and quotes it
    assert [words for words in says if words not in text] == [], result
    assert "Traceback" not in result.text, result
    assert earlier.changes_to(now(checkout)) == []


def versions(checkout: Checkout) -> dict[str, str]:
    """Every package of RabbitMQ and Erlang on the host."""
    asked = ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", "rabbitmq-server", "erlang-*"]
    lines = checkout.host.run(asked, check=False).out.splitlines()  # it fails when there is none
    return dict(line.split() for line in lines if len(line.split()) == 2)


def test_a_vendor_without_a_url_is_refused(checkout: Checkout, before: Snapshot) -> None:
    refused(checkout, "`stack_rabbitmq_vendor_url` is empty", "docs/install-debian", vendor_url="")


def test_a_pair_that_does_not_work_is_refused(checkout: Checkout) -> None:
    says = ("RabbitMQ 4.0.5-1+vendor1 does not run on Erlang 25.3", "26.2 or newer, older than 28")
    refused(checkout, *says, vendor_erlang_version="25.3")


def test_check_mode_on_a_fresh_host_changes_nothing(checkout: Checkout) -> None:
    earlier = now(checkout)
    up(checkout, "--check")
    assert earlier.changes_to(now(checkout)) == []


def test_another_key_is_refused_by_apt_with_a_hint(checkout: Checkout) -> None:
    result = up(checkout, check=False, vendor_key=OTHER_KEY)
    assert result.rc != 0, result
    text = re.sub(r"\s+", " ", result.text)
    assert f"the repositories in `{SOURCES}` cannot be used" in text
    assert "signed with another key than the one given" in text
    assert versions(checkout) == {}


def test_exactly_the_pinned_releases_are_installed(checkout: Checkout) -> None:
    up(checkout)
    found = versions(checkout)
    assert found.pop("rabbitmq-server") == PINNED
    assert set(found.values()) == {f"1:{ERLANG}"}


def test_it_runs(checkout: Checkout) -> None:
    active = ["systemctl", "is-active", "rabbitmq-server"]
    wait_until(lambda: checkout.host.run(active, check=False).rc == 0, 120, "the broker is ready")
    answer = checkout.host.run(
        ["rabbitmqctl", "--node", "rabbit@localhost", "status"], env={"HOME": "/root"}
    ).out
    assert "RabbitMQ version: 4.0.5" in answer and "Erlang/OTP 27" in answer


def test_a_newer_release_in_the_repository_is_not_taken(checkout: Checkout) -> None:
    policy = checkout.host.run(["apt-cache", "policy", "rabbitmq-server"]).out
    assert NEWER in policy
    assert f"Candidate: {PINNED}" in policy
    upgraded = checkout.host.run(["apt-get", "--simulate", "upgrade"]).out
    assert "rabbitmq" not in upgraded and "erlang" not in upgraded


def test_a_second_run_changes_nothing(checkout: Checkout) -> None:
    assert changes_of(up(checkout)) == 0
    assert changes_of(up(checkout, "--check", "--diff")) == 0


def test_the_way_back_is_refused(checkout: Checkout) -> None:
    refused(checkout, f"has RabbitMQ {PINNED} of the vendor's", "downgrade", source="distribution")
    older = {"vendor_version": "3.13.7", "vendor_erlang_version": "26.2.5"}
    refused(checkout, "RabbitMQ 3.13.7 is older than 4.0.5-1+vendor1", **older)


def test_the_next_pinned_release_is_installed(checkout: Checkout) -> None:
    up(checkout, vendor_version=NEWER)
    assert versions(checkout)["rabbitmq-server"] == NEWER


def test_destroy_leaves_nothing(checkout: Checkout, before: Snapshot) -> None:
    checkout.inv("destroy", "--env", NAME, "--yes", seconds=180)
    assert before.changes_to(now(checkout)) == []
    lists = checkout.host.run(["ls", "/var/lib/apt/lists"]).out
    assert "8099" not in lists
