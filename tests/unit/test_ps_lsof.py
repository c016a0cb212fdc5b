"""What ps and lsof print, on macOS and on the Linux that stands in for it."""

from __future__ import annotations

import os
import socket
import time

from ansible_collections.rabbitry.stack.plugins.module_utils import lsof, ps
from ansible_collections.rabbitry.stack.plugins.module_utils.listeners import of_sockets

# macOS 15: right-aligned columns, whole paths.
PS = """\
    1     0     0 Ss   Mon Nov 23 09:00:01 2026 /sbin/launchd
  934     1   501 S    Mon Nov 23 15:47:12 2026 /bin/sh /opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server
  937   934   501 S    Mon Nov 23 15:47:13 2026 /opt/homebrew/Cellar/erlang@28/28.1/erts/bin/beam.smp -W w
 1004     1   501 S    Mon Nov 23 15:47:14 2026 /opt/homebrew/opt/erlang@28/bin/epmd -daemon
 1065     1   501 S    Sun Nov  1 05:07:09 2026 /opt/homebrew/var/rabbitry/venv/bin/python -A sample
 1066  1065   501 Z    Sun Nov  1 05:07:10 2026 (python)
"""
# macOS does not print f-lines for sockets that -F did not ask for: asked for, both systems do.
LSOF = """\
p937
cbeam.smp
Lann
f23
n127.0.0.1:5672
TST=LISTEN
TQR=0
TQS=0
f24
n127.0.0.1:5672->127.0.0.1:44618
TST=ESTABLISHED
p512
credis-server
Lann
f6
n*:6379
TST=LISTEN
f7
n[::1]:6379
TST=LISTEN
p1065
cpython3.13
Lann
f9
n127.0.0.1:44618->127.0.0.1:5672
TST=ESTABLISHED
"""


def test_ps_is_read_by_its_columns() -> None:
    table = ps.parse(PS)
    beam = table[937]
    assert (beam.name, beam.parent, beam.uid, beam.words[1:]) == ("beam.smp", 934, 501, ("-W", "w"))
    assert time.localtime(table[1065].since)[:6] == (2026, 11, 1, 5, 7, 9)
    assert table[1066].ended and not beam.ended


def test_families_and_ancestors() -> None:
    table = ps.parse(PS)
    assert sorted(ps.family(934, table)) == [934, 937]
    assert sorted(ps.family(0, table)) == []
    assert ps.ancestors(937, table) >= {937, 934, 1}
    assert 934 not in ps.ancestors(1004, table)


def test_the_ps_of_this_machine_knows_this_process() -> None:
    row = ps.row(os.getpid())
    assert row and row.uid == os.getuid() and abs(row.since - time.time()) < 86400
    assert ps.row(0) is None and ps.row(2**22 + 1) is None
    assert os.getpid() in ps.rows()


def test_lsof_is_read_by_its_fields() -> None:
    found = lsof.parse(LSOF)
    assert [(one.address, one.port, one.pid, one.state) for one in found] == [
        ("127.0.0.1", 5672, 937, "LISTEN"),
        ("127.0.0.1", 5672, 937, "ESTABLISHED"),
        ("0.0.0.0", 6379, 512, "LISTEN"),
        ("::1", 6379, 512, "LISTEN"),
        ("127.0.0.1", 44618, 1065, "ESTABLISHED"),
    ]
    assert {one.user for one in found} == {"ann"} and lsof.parse("") == []


def test_listeners_are_the_listening_ones() -> None:
    listed = of_sockets(lsof.parse(LSOF))
    assert [(one["port"], one["program"], one["pid"]) for one in listed] == [
        (5672, "beam.smp", 937),
        (6379, "redis-server", 512),
        (6379, "redis-server", 512),
    ]


def test_a_service_has_the_ports_of_its_whole_family() -> None:
    found = lsof.ports_of({"rabbitmq-server": [934, 937], "worker": [1065], "none": []}, lsof.parse(LSOF))
    assert found["rabbitmq-server"]["listens"] == [5672]
    assert found["worker"] == {"listens": [], "from": [44618]}
    assert found["none"] == {"listens": [], "from": []}


def test_the_host_name_of_a_socket_may_not_hold_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        assert lsof.parse("p1\ncx\nLy\nf1\nnlocalhost:*\n") == []
