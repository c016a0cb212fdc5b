"""What preflight refuses on a host: each kind of trouble by its message and hint; a healthy host has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.ports import overlap
from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge

from tests.unit.healthy import SEEN, WANTED, listener
from tests.unit.test_preflight_broker import DATA_OF_310

STRANGER = {
    "server": "rabbitmq",
    "package": "rabbitmq-server",
    "evidence": ["process 7 (beam.smp) is running"],
}
SMALL_DISK = [
    {"path": path, "device": 1, "free": 300 * 2**20} for path in ("/var/lib", "/usr", "/opt/rabbitry")
]
SUSPECTS = [{"pid": 7, "program": "nginx"}, {"pid": 8, "program": "php"}]


def system(identity: str, version: str, name: str = "Some Linux") -> dict[str, Any]:
    return {"os": {"system": "Linux", "id": identity, "version": version, "name": name}}


def test_a_healthy_host_has_no_fault_and_no_note() -> None:
    assert judge(SEEN, WANTED) == ([], [])


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        (system("debian", "11"), "host web1 has Some Linux, which is not supported", "cat /etc/os-release"),
        (system("alpine", "3.20"), "which is not supported: Debian 12 or 13", "cat /etc/os-release"),
        (system("ubuntu", "20.04"), "which is not supported", "cat /etc/os-release"),
        (system("rocky", "8.9"), "which is not supported", "cat /etc/os-release"),
        (
            {"uid": 1000, "user": "joe"},
            "on host web1 the tasks run as `joe`, not as root",
            "ansible_become: true",
        ),
        (
            {"python": {"version": "3.9.2", "executable": "/usr/bin/python3"}},
            "(Debian GNU/Linux 13 (trixie)) has Python 3.9.2 at /usr/bin/python3: 3.11 or newer is needed",
            "sudo apt-get install python3.11",
        ),
        (
            {"resolve_error": "Name or service not known"},
            "the host name `web1` of host web1 does not resolve there: Name or service not known",
            "echo '127.0.1.1 web1' | sudo tee -a /etc/hosts",
        ),
        (
            {"strangers": [STRANGER]},
            "host web1 already has a RabbitMQ that this stack did not set up: process 7 (beam.smp)",
            "sudo apt-get remove rabbitmq-server && sudo mv /var/lib/rabbitmq /var/lib/rabbitmq.before",
        ),
        (
            {"env": "staging"},
            "host web1 carries the stack of the environment `staging`, this is `local`",
            "./inv destroy --env staging",
        ),
        (
            DATA_OF_310,
            "RabbitMQ 4.0.5-6 cannot open the data of 3.10.8-1.1 that is there: 4.0 opens that of 3.13",
            "./inv rebuild --without-export",
        ),
        (
            {"listeners": [listener(5672)]},
            "port 5672 on host web1, needed for AMQP, is held by nginx (pid 4242) at 127.0.0.1",
            "sudo kill 4242   # or give `stack_amqp_port` another number",
        ),
        (
            {"listeners": [listener(5672, unit="nginx.service")]},
            "is held by nginx (pid 4242, unit nginx.service)",
            "sudo systemctl stop nginx.service",
        ),
        (
            {"listeners": [listener(5672, "docker-proxy")]},
            "is held by docker-proxy (pid 4242)",
            "docker stop $(docker ps -q --filter publish=5672)",
        ),
        (
            {"listeners": [listener(5672, "", pid=None, user="www-data")]},
            "is held by a process of the account `www-data` at 127.0.0.1",
            "sudo ss -ltnp 'sport = :5672'",
        ),
        (
            {"listeners": [listener(5672, "", pid=None, user="www-data", suspects=SUSPECTS)]},
            "is held by a process of the account `www-data`, nginx (pid 7) or php (pid 8), at 127.0.0.1",
            "sudo ss -ltnp 'sport = :5672'",
        ),
        ({"listeners": [listener(4369)]}, "port 4369 on host web1, needed for epmd", "sudo kill 4242"),
        (
            {"disks": SMALL_DISK},
            "host web1 has 300 MiB free for /var/lib, /usr, /opt/rabbitry: 1070 MiB are needed, 190 MiB of",
            "sudo du -xhd2 /var/lib",
        ),
        (
            {"memory": {"total": 2**30, "available": 100 * 2**20}},
            "host web1 has 100 MiB of memory available: its part of the stack needs 584 MiB",
            "ps -eo rss,comm --sort=-rss | head",
        ),
    ],
)
def test_trouble_on_the_host_is_refused(changes: dict[str, Any], message: str, hint: str) -> None:
    faults, _ = judge({**SEEN, **changes}, WANTED)
    assert len(faults) == 1, faults
    assert message in faults[0].message
    assert hint in faults[0].hint


@pytest.mark.parametrize(
    "changes",
    [
        {"listeners": [listener(5672, ours=True)]},
        {"listeners": [listener(4369, "epmd"), listener(4369, "systemd", pid=1, address="0.0.0.0")]},
        {"listeners": [listener(4369, "", pid=None, suspects=[{"pid": 5, "program": "epmd"}])]},
        {"listeners": [listener(5672, address="10.0.0.5"), listener(80)]},
        {"env": "local"},
        {"seal": {"env": "local", "digest": ""}, "disks": SMALL_DISK},
        {"seal": {"env": "local", "digest": ""}, "memory": {"total": 2**30, "available": 0}},
        {**DATA_OF_310, "data": {"rabbitmq": False}},
        {**DATA_OF_310, "recorded": {"rabbitmq-server": "3.13.7"}},
    ],
)
def test_what_is_no_trouble_passes(changes: dict[str, Any]) -> None:
    assert judge({**SEEN, **changes}, WANTED) == ([], [])


def test_all_faults_of_a_host_come_at_once() -> None:
    faults, _ = judge(
        {**SEEN, "uid": 1, "resolve_error": "no", "strangers": [STRANGER], "disks": SMALL_DISK}, WANTED
    )
    assert len(faults) == 4


@pytest.mark.parametrize(
    ("identity", "version"),
    [
        ("ubuntu", "22.04"),
        ("ubuntu", "24.04"),
        ("rhel", "9.4"),
        ("rocky", "10.0"),
        ("fedora", "42"),
        ("macos", "15.1"),
    ],
)
def test_a_system_that_was_not_yet_run_gets_a_note(identity: str, version: str) -> None:
    # The broker of Ubuntu 22.04 is too old, the vendor's is not.
    faults, notes = judge({**SEEN, **system(identity, version)}, replace(WANTED, vendor_version="4.2.10"))
    assert faults == []
    assert notes == ["host web1 has Some Linux, on which the stack is expected to work and was not yet run"]


def test_one_holder_of_a_port_on_two_addresses_is_one_fault() -> None:
    both = [listener(5672, address="0.0.0.0"), listener(5672, address="::")]
    assert len(judge({**SEEN, "listeners": both}, WANTED)[0]) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "localhost", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("0.0.0.0", "127.0.0.1", True),
        ("::", "127.0.0.1", True),
        ("10.0.0.5", "queue1.example.org", True),
        ("10.0.0.5", "127.0.0.1", False),
        ("::1", "127.0.0.1", False),
    ],
)
def test_addresses_exclude_each_other(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected
