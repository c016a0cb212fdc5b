"""Preflight refuses a host with signs of an intrusion or with root's daemons, and says what to do."""

from __future__ import annotations

from typing import Any

from ansible_collections.rabbitry.stack.plugins.plugin_utils.preflight import judge

from tests.unit.healthy import SEEN, WANTED, listener

SIGN = {
    "message": "`/var/lib/redis/x` is a link to `/etc/shadow`: that smells of an intrusion",
    "hint": "ls -la x",
}
BY_HAND = {"message": "`celery beat` (pid 42) runs as root", "hint": "sudo kill 42 && ./inv up", "pid": 42}


def faults(**changes: Any) -> list[tuple[str, str]]:
    found, _ = judge({**SEEN, **changes}, WANTED)
    return [(fault.message, fault.hint) for fault in found]


def test_signs_and_daemons_are_faults_all_at_once() -> None:
    assert faults(suspicions=[SIGN], by_hand=[BY_HAND]) == [
        (f"host web1: {SIGN['message']}", "ls -la x"),
        ("host web1: `celery beat` (pid 42) runs as root", "sudo kill 42 && ./inv up"),
    ]


def test_a_daemon_of_roots_that_holds_a_port_is_named_once_with_it() -> None:
    broker = listener(5672, "beam.smp", command="/usr/lib/erlang/bin/beam.smp")
    ((message, hint),) = faults(listeners=[broker], by_hand=[{**BY_HAND, "pid": broker["pid"]}])
    assert "needed for AMQP, is held by beam.smp (pid 4242)" in message
    assert "root started it by hand (`/usr/lib/erlang/bin/beam.smp`)" in message
    assert hint.startswith("sudo kill 4242 && ./inv up")


def test_what_only_bears_the_name_is_a_stranger_as_before() -> None:
    for other in ({"user": "rabbitmq"}, {"unit": "other.service"}, {"program": "nginx"}):
        ((message, _),) = faults(listeners=[listener(5672, **{"program": "beam.smp", **other})])
        assert "by hand" not in message
