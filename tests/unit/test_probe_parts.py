"""The probe's readers of system, memory, packages and strangers, on files below a directory of the test."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import machine, strangers, versions

from tests.unit.fake_host import process, write


def test_the_release_is_read_as_the_shell_would(tmp_path: Path) -> None:
    text = '# x\nID=debian\nVERSION_ID="12"\nPRETTY_NAME=\'Debian GNU/Linux 12\'\nID_LIKE="a b"\nBROKEN=\'x\n'
    write(tmp_path / "usr/lib/os-release", text)
    found = machine.release(tmp_path)
    assert (found["id"], found["version"], found["name"], found["like"]) == (
        "debian", "12", "Debian GNU/Linux 12", ["a", "b"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"run/systemd/container": "docker\n"}, "docker"),
        ({".dockerenv": ""}, "docker"),
        ({"run/.containerenv": ""}, "podman"),
        ({"proc/1/environ": "PATH=/bin\0container=lxc\0"}, "lxc"),
        ({}, ""),
    ],
)
def test_a_container_is_known_by_what_its_runtime_leaves(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    for name, content in files.items():
        write(tmp_path / name, content)
    assert machine.container(tmp_path) == expected


@pytest.mark.parametrize(
    ("files", "total", "available"),
    [
        ({}, 4096, 2048),
        ({"memory.max": "max\n", "memory.current": "5\n"}, 4096, 2048),
        ({"memory.max": "1048576\n", "memory.current": "524288\n"}, 1024, 512),
        (
            {"memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.usage_in_bytes": "1\n"},
            4096,
            2048,
        ),
        ({"memory/memory.limit_in_bytes": "1048576\n", "memory/memory.usage_in_bytes": "0\n"}, 1024, 1024),
    ],
)
def test_memory_heeds_a_containers_limit(
    tmp_path: Path, files: dict[str, str], total: int, available: int
) -> None:
    write(tmp_path / "proc/meminfo", "MemTotal: 4096 kB\nMemFree: 100 kB\nMemAvailable: 2048 kB\n")
    for name, content in files.items():
        write(tmp_path / "sys/fs/cgroup" / name, content)
    assert machine.memory(tmp_path) == {"total": total * 1024, "available": available * 1024}


def test_disk_space_is_asked_of_the_nearest_directory_that_exists(tmp_path: Path) -> None:
    (found,) = machine.disks([str(tmp_path / "not/yet/there")])
    assert found["device"] == tmp_path.stat().st_dev
    assert 0 < found["free"] <= found["total"]


def test_a_host_name_that_nobody_knows_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "no-such-host.invalid")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror(-2, "unknown"))
    )
    assert machine.host_name() == {
        "host_name": "no-such-host.invalid", "addresses": [], "resolve_error": "[Errno -2] unknown",
    }  # fmt: skip


STATUS = """\
Package: redis-server
Status: install ok installed
Version: 5:7.0.15-1~deb12u7

Package: rabbitmq-server
Status: deinstall ok config-files
Version: 3.10.8-1
"""
LIST = """\
Package: rabbitmq-server
Version: 4.0.5-6+deb13u2

Package: rabbitmq-server-doc
Version: 9.9

Package: rabbitmq-server
Version: 4.0.5-6+deb13u10
"""


def test_versions_come_from_dpkg_and_the_lists_of_apt(tmp_path: Path) -> None:
    write(tmp_path / "var/lib/dpkg/status", STATUS)
    write(tmp_path / "var/lib/apt/lists/main_Packages", LIST)
    assert versions.versions(tmp_path, ["redis-server", "rabbitmq-server", "erlang-base"]) == {
        "redis-server": {"installed": "5:7.0.15-1~deb12u7", "candidate": ""},
        "rabbitmq-server": {"installed": "", "candidate": "4.0.5-6+deb13u10"},
        "erlang-base": {"installed": "", "candidate": ""},
    }


def test_versions_are_ordered_like_debian_orders_them() -> None:
    ascending = ["1.0~rc1", "1.0", "1.0+deb12u2", "1.0+deb12u10", "1.2", "1.10", "1:0.1"]
    assert sorted(ascending, key=versions.order) == ascending


def test_a_broker_that_nobody_recorded_is_a_stranger(tmp_path: Path) -> None:
    write(tmp_path / "var/lib/rabbitmq/mnesia/rabbit@web1/x", "")
    write(tmp_path / "etc/rabbitmq/rabbitmq.conf", "")
    node = ["beam.smp", "-sname", "rabbit@localhost"]
    process(tmp_path, 12, "beam.smp", node, group="/system.slice/rabbitmq-server.service")
    process(tmp_path, 13, "beam.smp", ["beam.smp", "-sname", "other"], group="/user.slice/x.service")
    (found,) = strangers.strangers(tmp_path, ["rabbitmq", "redis"], set(), "rabbit@localhost")
    assert found == {
        "server": "rabbitmq",
        "package": "rabbitmq-server",
        "evidence": [
            "process 12 (beam.smp, unit rabbitmq-server.service) is running",
            "/var/lib/rabbitmq/mnesia holds data",
            "/etc/rabbitmq/rabbitmq.conf exists",
        ],
    }
    assert strangers.data_of(tmp_path, ["rabbitmq", "redis"]) == {"rabbitmq": True, "redis": False}


@pytest.mark.parametrize("mine", ["rabbitmq", "rabbitmq-server"])
def test_a_broker_that_a_ledger_names_is_ours(tmp_path: Path, mine: str) -> None:
    write(tmp_path / "etc/rabbitmq/rabbitmq.conf", "")
    assert strangers.strangers(tmp_path, ["rabbitmq"], {mine}) == []


def test_a_package_alone_is_no_stranger(tmp_path: Path) -> None:
    write(tmp_path / "etc/redis/redis.conf", "")
    (tmp_path / "var/lib/redis").mkdir(parents=True)
    assert strangers.strangers(tmp_path, ["rabbitmq", "redis"], set()) == []
