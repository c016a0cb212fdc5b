"""Names and passwords with every awkward character arrive as written, and passwords nowhere else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.broker import Broker, get
from tests.support.remote import Remote

Converge = Callable[..., int]
OTHERS = ["#", "-\\"]


def names(machine: Remote) -> tuple[str, str, str]:
    """Return the administrator's name, the application's and that of its virtual host."""
    admin, app = (one["name"] for one in machine.vars["rabbitmq_users"])
    return admin, app, machine.vars["rabbitmq_vhosts"][0]["name"]


def test_a_message_takes_the_declared_way(broker: Broker, machine: Remote) -> None:
    _, app, vhost = names(machine)
    with broker.channel(app, vhost) as channel:
        channel.basic_publish("- x %2F / #", "a.%2F.c.d", "grüße".encode(), mandatory=True)
        assert get(channel, "- q %2F / # ü") == "grüße".encode()


def test_the_administrator_manages(broker: Broker, machine: Remote) -> None:
    admin, app, vhost = names(machine)
    assert {one["name"] for one in broker.api("/api/users", admin).document} == {admin, app}
    assert {one["name"] for one in broker.api("/api/vhosts", admin).document} == {"/", vhost}
    assert broker.queue(vhost, "- q %2F / # ü", admin)["type"] == "quorum"


@pytest.mark.parametrize("cut", [1, 5])
def test_a_part_of_a_password_is_refused(broker: Broker, machine: Remote, cut: int) -> None:
    admin, app, vhost = names(machine)
    whole = broker.password(app)
    for part in (whole[cut:], whole[:-cut], whole.partition("#")[0]):
        assert "ProbableAuthenticationError" in broker.refuses(app, vhost, part)
    assert broker.api("/api/users", admin, broker.password(admin)[:-cut]).status == 401


@pytest.mark.parametrize("password", OTHERS)
def test_passwords_can_be_rotated_to(
    broker: Broker, machine: Remote, converge: Converge, password: str
) -> None:
    admin, app, vhost = names(machine)
    users: list[dict[str, Any]] = copy.deepcopy(machine.vars["rabbitmq_users"])
    for user in users:
        user["password"] = password
    assert converge(rabbitmq_users=users) > 0
    assert broker.api("/api/overview", admin, password).status == 200
    with broker.connection(app, vhost, password):
        assert "ProbableAuthenticationError" in broker.refuses(app, vhost)


def test_passwords_are_in_no_command_line_log_or_file(
    broker: Broker, machine: Remote, converge: Converge
) -> None:
    assert converge() > 0
    admin, app, _ = names(machine)
    places = "/proc/[0-9]*/cmdline /etc /var/log /var/lib/rabbitry /run/rabbitry /var/lib/rabbitmq"
    for user in (admin, app):
        # By a file, so that grep's own command line does not hold it.
        machine.write("/root/pattern", broker.password(user)[:20], mode="0600")
        found = machine.run(f"grep -rlFaf /root/pattern {places} 2>/dev/null", check=False)
        assert (found.rc, found.out) == (1, "")
