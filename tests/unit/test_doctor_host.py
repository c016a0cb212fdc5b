"""The checks of a host, on evidence as hosts gave it: each names its trouble and is silent without it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rabbitry.doctor.checks import host, host_machine, host_units
from rabbitry.doctor.evidence import Evidence
from tests.unit.stack_document import stack

NOW = datetime(2026, 11, 23, 19, 0, 10, tzinfo=UTC).timestamp()
MIB = 1024 * 1024
STRANGER = {
    "address": "127.0.0.1", "port": 6379, "user": "root", "pid": 4711, "program": "python3",
    "command": "/usr/bin/python3 -m", "service": "", "unit": "trouble-stranger.service", "ours": False,
}  # fmt: skip


def service(running: bool = True, reason: str = "", since: float = NOW - 60) -> dict[str, Any]:
    state = "running" if running else "crashing"
    return {"running": running, "state": state, "reason": reason, "since": since, "pid": 12, "from": []}


def evidence(services: dict[str, Any] | None = None, **sections: Any) -> Evidence:
    sections.setdefault("pulse", {"services": services or {}})
    return Evidence("localhost", NOW, sections)


def drifted(*entries: tuple[str, str, str]) -> Evidence:
    drift = [{"owner": owner, "kind": kind, "name": "x", "why": why} for owner, kind, why in entries]
    return evidence(facts={"drift": drift})


def test_a_port_is_in_use_when_its_service_does_not_run_and_a_stranger_listens() -> None:
    facts = {"listeners": [STRANGER]}
    found = host.port_in_use(stack(), evidence({"redis-server": service(False)}, facts=facts))
    assert found and found.wrong == "port 6379 of redis-server is taken by `/usr/bin/python3 -m`"
    assert found.evidence == ("pid 4711 of root listens on 127.0.0.1:6379 in trouble-stranger.service",)
    assert host.port_in_use(stack(), evidence({"redis-server": service()}, facts=facts)) is None
    ours = {"listeners": [STRANGER | {"ours": True}]}
    assert host.port_in_use(stack(), evidence({"redis-server": service(False)}, facts=ours)) is None


def test_the_shells_lost_the_tools() -> None:
    seen = drifted(("shell_path", "file", "`/etc/profile.d/rabbitry.sh` is gone"))
    found = host.command_not_found(stack(), seen)
    assert found and found.wrong.startswith("`/etc/profile.d/rabbitry.sh` is gone: shells do not find")
    assert host.command_not_found(stack(), drifted(("redis", "file", "gone"))) is None


def test_what_was_changed_by_hand_is_named_and_a_stopped_service_is_not() -> None:
    seen = drifted(*[("flower", "file", f"`/etc/{number}` has other content") for number in range(9)])
    found = host.changed_by_hand(stack(), seen)
    assert found and found.wrong == "`/etc/0` has other content"
    assert found.evidence[-1] == "and 3 more" and len(found.evidence) == 6
    stopped = drifted(("redis", "service", "the service redis-server is not running"))
    assert host.changed_by_hand(stack(), stopped) is None
    asleep = drifted(("redis", "service", "the service redis-server does not start with the machine"))
    assert host.changed_by_hand(stack(), asleep)
    assert host.changed_by_hand(stack(), evidence()) is None


def test_daemons_of_root_and_signs_of_an_intrusion_are_passed_on() -> None:
    daemon = {"message": "`celery` (pid 7) runs as root", "hint": "sudo kill 7 && ./inv up", "pid": 7}
    sign = {"message": "`/x` is a device: that smells of an intrusion", "hint": "ls -la /x"}
    seen = evidence(facts={"by_hand": [daemon], "suspicions": [sign]})
    found = host.daemon_as_root(stack(), seen)
    assert found and found.wrong == daemon["message"]
    assert found.evidence == ("to end it: sudo kill 7 && ./inv up",)
    smell = host.intrusion(stack(), seen)
    assert smell and (smell.wrong, smell.evidence) == (sign["message"], ("ls -la /x",))
    clean = evidence(facts={"by_hand": [], "suspicions": []})
    assert host.daemon_as_root(stack(), clean) is None and host.intrusion(stack(), clean) is None


@pytest.mark.parametrize(
    ("check", "reason", "said"),
    [
        (host_units.unit_user, "its user is unknown", "stack-beat.service: Failed at step USER spawning /x"),
        (host_units.unit_user, "its group is unknown", "Failed to determine group credentials"),
        (host_units.unit_namespace, "cannot set up its sandbox", "Failed to set up mount namespacing: /x"),
        (host_units.unit_chdir, "cannot enter its directory", "Failed at step CHDIR spawning /x"),
        (host_units.unit_chdir, "cannot execute its command", "Unable to locate executable '/x'"),
        (host_units.unit_chdir, "resources", "Failed to load environment files: No such file"),
    ],
)
def test_what_systemd_cannot_prepare_is_told_by_its_status(check: Any, reason: str, said: str) -> None:
    failing = {"stack-beat": service(False, reason)}
    found = check(stack(), evidence(failing, logs={"stack-beat": ["before", said]}))
    assert found and f"systemd cannot start stack-beat: {reason}" in found.wrong
    assert found.evidence == (said,)
    other = {"stack-beat": service(False, "exit status 1")}
    assert check(stack(), evidence(other, logs={"stack-beat": [said]})) is None
    assert check(stack(), evidence({"stack-beat": service(True, reason)})) is None


@pytest.mark.parametrize(
    ("free", "total", "full"), [(0, 4, True), (3, 4, False), (50, 5000, True), (100, 5000, False)]
)
def test_a_disk_is_full_when_little_is_left_of_much(free: int, total: int, full: bool) -> None:
    disk = {"path": "/var/lib/redis", "free": free * MIB, "total": total * MIB}
    found = host_machine.disk_full(stack(), evidence(system={"disks": [disk]}))
    assert (found is not None) is full
    if found:
        sizes = f"{free} MiB of {total} MiB are free"
        assert found.wrong == f"the disk of `/var/lib/redis` is full: {sizes}"


def late(seconds: int, gap: str = " ") -> Evidence:
    line = (
        "[2026-11-23 19:46:07,312: WARNING/MainProcess] Substantial drift from late@web2 may mean clocks are"
        f" out of sync.  Current drift is{gap}{seconds} seconds.  [orig: 2026-11-23 19:46:07.312279 recv: "
    )
    return evidence(logs={"stack-worker-default": line.splitlines()})


def test_clocks_differ_when_a_worker_says_so() -> None:
    found = host_machine.clock_drift(stack(), late(120))
    assert found
    assert found.wrong == "the clocks of `late@web2` and stack-worker-default differ by 120 s"
    assert "a clock that is wrong" in found.evidence[1]
    hours = host_machine.clock_drift(stack(), late(7201, "\n"))
    assert hours and "a time zone" in hours.evidence[1]
    assert host_machine.clock_drift(stack(), evidence()) is None


def test_selinux_denies_what_was_not_allowed_since_the_service_began() -> None:
    line = (
        f'type=AVC msg=audit({NOW:.3f}:456): avc:  denied  {{ name_bind }} for  pid=812 comm="redis-server"'
        ' name="dump.rdb" scontext=system_u:system_r:redis_t:s0'
    )
    facts = {"selinux": {"enforcing": True, "denials": [line]}}
    for state in (service(False), service()):
        found = host_machine.selinux(stack(), evidence({"redis-server": state}, system=facts))
        assert found and found.wrong == "SELinux denies `redis-server` name_bind on `dump.rdb`"
    later = service(since=NOW + 5)
    assert host_machine.selinux(stack(), evidence({"redis-server": later}, system=facts)) is None
    off = {"selinux": {"enforcing": False, "denials": [line]}}
    assert host_machine.selinux(stack(), evidence({"redis-server": service(False)}, system=off)) is None
