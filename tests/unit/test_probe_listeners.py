"""Which process listens on which port, from /proc as Linux writes it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from ansible_collections.rabbitry.stack.plugins.module_utils.listeners import (
    leading_words,
    listeners,
    parse_table,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.machine import account_name

from tests.unit.fake_host import process, write

# As little-endian machines write them; the columns after the inode do not count.
TABLE = """\
  sl  local_address rem_address   st queues when retrnsmt uid timeout inode
   0: 0100007F:1628 00000000:0000 0A 0:0 00:0 0 102 0 111 1 0000 100 0 0 10 0
   1: 0100007F:1628 0100007F:D2F0 01 0:0 00:0 0 102 0 222 1 0000 20 4 30 10 -1
"""
TABLE6 = """\
  sl  local_address                         remote_address   st queues when retrnsmt uid timeout inode
   0: 00000000000000000000000000000000:1111 0000000000000:00 0A 0:0 00:0 0 0 0 333 1 0 100 0
   1: 00000000000000000000000001000000:0050 0000000000000:00 0A 0:0 00:0 0 33 0 444 1 0 100 0
"""


def test_listening_sockets_are_read_with_their_addresses() -> None:
    assert parse_table(TABLE) == [{"address": "127.0.0.1", "port": 5672, "user_id": 102, "inode": 111}]
    assert [(entry["address"], entry["port"]) for entry in parse_table(TABLE6)] == [("::", 4369), ("::1", 80)]


def test_a_listener_is_named_with_its_process_service_and_unit(tmp_path: Path) -> None:
    write(tmp_path / "proc/net/tcp", TABLE)
    write(tmp_path / "proc/net/tcp6", TABLE6)
    process(tmp_path, 1, "systemd", ["/sbin/init"], (333,))
    broker = ["/usr/lib/erlang/bin/beam.smp", "-W", "w", "secret"]
    process(
        tmp_path,
        70,
        "beam.smp",
        broker,
        (111,),
        "/system.slice/rabbitmq-server.service",
        "A=b\0RABBITRY_SERVICE=x\0",
    )
    process(tmp_path, 71, "child", broker, (111,))
    found = {entry["port"]: entry for entry in listeners(tmp_path)}
    assert found[5672] == {
        "address": "127.0.0.1",
        "port": 5672,
        "user": account_name(102),
        "pid": 70,
        "program": "beam.smp",
        "command": "/usr/lib/erlang/bin/beam.smp",
        "service": "x",
        "unit": "rabbitmq-server.service",
        "suspects": [],
    }
    assert (found[4369]["pid"], found[4369]["program"]) == (1, "systemd")
    assert (found[80]["pid"], found[80]["user"], found[80]["suspects"]) == (None, account_name(33), [])


def test_processes_of_the_account_are_suspected_where_the_holder_may_not_be_seen(tmp_path: Path) -> None:
    me = str(os.geteuid())
    write(tmp_path / "proc/net/tcp", TABLE.replace(" 102 0 111 ", f" {me} 0 111 "))
    for pid, program in ((5, "sh"), (7, "redis-server"), (8, "redis-server")):
        process(tmp_path, pid, program, [program])
    (found,) = listeners(tmp_path)
    assert found["pid"] is None
    assert [(one["pid"], one["program"]) for one in found["suspects"]] == [(5, "sh"), (7, "redis-server")]


def test_a_socket_of_this_very_process_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (found,) = [entry for entry in listeners() if entry["port"] == port]
    assert (found["pid"], found["address"]) == (os.getpid(), "127.0.0.1")


def test_a_command_line_is_cut_before_its_first_option() -> None:
    assert leading_words(b"/usr/bin/redis-server\x00127.0.0.1:6379\0--requirepass\0hush\0") == [
        "/usr/bin/redis-server",
        "127.0.0.1:6379",
    ]
