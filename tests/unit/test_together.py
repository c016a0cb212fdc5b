"""What the hosts of a stack must have in common, and how they must reach each other."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import peers
from ansible_collections.rabbitry.stack.plugins.plugin_utils import together

GROUPS = {
    "brokers": ["q1", "q2", "q3"],
    "backends": ["q1"],
    "workers": ["w1", "q2"],
    "scheduler": ["w1"],
    "dashboard": [],
}
ADDRESSES = {name: f"{name}.internal" for name in ("q1", "q2", "q3", "w1")}
PORTS = {"stack_amqp_port": 5673, "stack_redis_port": 6380}


def asked(host: str) -> dict[str, list[int]]:
    """The ports that `host` must reach, by the name of the other."""
    return {one["name"]: one["ports"] for one in together.peers(host, GROUPS, ADDRESSES, PORTS)}


def test_brokers_reach_each_other_and_clients_reach_servers() -> None:
    assert asked("q1") == {"q2": [4369, 25672], "q3": [4369, 25672]}
    assert asked("w1") == {"q1": [5673, 6380], "q2": [5673], "q3": [5673]}
    assert asked("q2")["q1"] == [4369, 5673, 6380, 25672]


def test_a_stack_on_one_host_reaches_nobody() -> None:
    alone = {group: ["web1"] for group in GROUPS}
    assert together.peers("web1", alone, {"web1": "web1"}, PORTS) == []


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_nobody_listening_is_no_fault(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()[1]
    peer = {"name": "q2", "address": "127.0.0.1", "ports": [port, free]}
    assert peers.look([peer]) == []


def test_a_name_that_nobody_knows_is_named() -> None:
    seen = peers.look([{"name": "q2", "address": "q2.invalid", "ports": [1]}])
    (fault,) = together.judge_peers(seen, "q1")
    assert fault.message.startswith("host q1 cannot find `q2.invalid`, host q2: ")
    assert fault.hint.startswith("getent hosts q2.invalid")


def test_a_filtered_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(address: tuple[str, int], timeout: float) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    seen = peers.look([{"name": "q2", "address": "127.0.0.1", "ports": [25672]}])
    (fault,) = together.judge_peers(seen, "q1")
    assert "host q1 does not get through to port 25672 of q2 (`127.0.0.1`): no answer" in fault.message


def test_one_clock_that_is_not_the_others() -> None:
    near = {"q1": (-0.4, 0.3), "q2": (0.1, 0.5)}
    assert together.judge_clocks(near) == []
    # A slow way there says little: within it the clock may be right.
    assert together.judge_clocks({**near, "q3": (-9.0, 0.2)}) == []
    (fault,) = together.judge_clocks({**near, "q3": (-61.0, -60.0)})
    assert fault.message == "the clock of host q3 is 60 s behind the others"


def test_brokers_have_one_release() -> None:
    same = {"q1": "4.0.5-5", "q2": "4.0.5-5+deb13u1", "q3": ""}
    assert together.judge_releases(same) == []
    (fault,) = together.judge_releases({**same, "q3": "3.10.8-1.1+deb12u1"})
    assert fault.message.endswith("4.0.5-5 on q1, 4.0.5-5+deb13u1 on q2, 3.10.8-1.1+deb12u1 on q3")


def test_an_even_number_of_brokers_is_noted_once() -> None:
    assert together.judge_brokers(["q1", "q2", "q3"], "q1") == [] == together.judge_brokers(["q1"], "q1")
    assert together.judge_brokers(["q1", "q2"], "q2") == []
    (note,) = together.judge_brokers(["q1", "q2", "q3", "q4"], "q1")
    assert note == "4 brokers bear the loss of 1, as 3 do: 5 would bear 2"
