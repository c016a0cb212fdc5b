"""Endpoints on a remote host's loopback are reached through ssh, the others directly; the URLs say which."""

from __future__ import annotations

import itertools
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rabbitry import host, summary, tunnel
from rabbitry.environment import Environment
from rabbitry.errors import StackError
from rabbitry.model import Stack
from tests.unit import stack_document

# Stands in for ssh: notes its words, says what the file `says` has, ends with its standard input.
SSH = """#!/bin/sh
printf '%s\\n' "$@" >"${0%/*}/words"
echo $$ >"${0%/*}/pid"
read -r first <"${0%/*}/says"
sed -i 1d "${0%/*}/says"
if [ "$first" = fine ]; then echo Welcome; echo 'rabbitry: the tunnel is there'; cat >/dev/null
else echo "$first" >&2; exit 255; fi
"""


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    environment = Environment("far", tmp_path / "inventory" / "far.yml", tmp_path)
    environment.prepare()
    (tmp_path / "ssh").write_text(SSH, encoding="utf-8")
    (tmp_path / "ssh").chmod(0o755)
    door = {"name": "web1", "ssh": [str(tmp_path / "ssh"), "-p", "22", "me@web1"], "user": "me"}
    document = {"schema": 1, "hosts": [{**door, "state": "entered"}]}
    (environment.state / "access.json").write_text(json.dumps(document), encoding="utf-8")
    return environment


def far(address: str = "127.0.0.1", **ports: int) -> Stack:
    """A stack on the one remote host `web1` that listens on `address`."""
    document: dict[str, Any] = stack_document.document(**ports)
    document["hosts"][0] |= {"name": "web1", "connection": "ssh", "address": "127.0.0.1"}
    for endpoint in (*document["endpoints"].values(), document["apps"][0]["flower"]):
        endpoint |= {"host": address, "on": "web1"}
    return Stack.from_data(document)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def says(environment: Environment, *lines: str) -> None:
    (environment.root / "says").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_a_remote_loopback_is_reached_by_one_ssh(environment: Environment) -> None:
    says(environment, "fine")
    with tunnel.ways(environment, far()) as ways:
        assert list(ways) == ["amqp", "management", "redis", "flower/app"]
        words = (environment.root / "words").read_text(encoding="utf-8").splitlines()
        given = [value for option, value in itertools.pairwise(words) if option == "-L"]
        listens = {name: f"127.0.0.1:{port}:127.0.0.1" for name, (_, port) in ways.items()}
        assert given == [
            f"{listens[name]}:{port}" for name, port in zip(ways, (5672, 15672, 6379, 5555), strict=True)
        ]
        assert words[-4:-1] == ["-p", "22", "me@web1"] and "BatchMode=yes" in words


def test_a_tunnel_ends_however_its_block_ends(environment: Environment) -> None:
    says(environment, "fine")
    with pytest.raises(ValueError, match="as it ends"), tunnel.ways(environment, far()):
        pid = int((environment.root / "pid").read_text(encoding="utf-8"))
        os.kill(pid, 0)
        raise ValueError("as it ends")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_port_that_was_taken_meanwhile_is_replaced(environment: Environment) -> None:
    says(environment, "bind [127.0.0.1]:40001: Address already in use", "fine")
    with tunnel.ways(environment, far()) as ways:
        assert len(ways) == 4


def test_a_host_that_lets_nobody_in_is_an_error(environment: Environment) -> None:
    says(environment, "me@web1: Permission denied (publickey).")
    with pytest.raises(StackError) as caught, tunnel.ways(environment, far()):
        pass
    assert caught.value.message == "no tunnel to host web1: me@web1: Permission denied (publickey)."
    assert caught.value.hint.endswith("ssh -p 22 me@web1 true")


def test_an_ssh_that_says_nothing_is_given_up() -> None:
    began = time.monotonic()
    with (
        pytest.raises(StackError, match="no answer within"),
        host.companion(["sleep", "60"], ready="x", seconds=0.1),
    ):
        pass
    assert time.monotonic() - began < 30


def test_what_answers_from_here_needs_no_tunnel(environment: Environment, listening: int) -> None:
    stack = far("0.0.0.0", amqp=listening, management=listening, redis=listening, flower=listening)
    with tunnel.ways(environment, stack) as ways:
        assert set(ways.values()) == {("127.0.0.1", listening)}
    assert not (environment.root / "words").exists()
    assert tunnel.pasteable(environment, stack) == []
    assert f"amqp://127.0.0.1:{listening}/app" in summary.rows(stack)[0]


def test_this_machines_own_loopback_needs_none(environment: Environment) -> None:
    with tunnel.ways(environment, stack_document.stack()) as ways:
        assert ways == {}


def test_the_urls_say_whose_loopback_they_mean(environment: Environment) -> None:
    stack = far()
    assert summary.rows(stack)[0][:3] == ("AMQP", "amqp://127.0.0.1:5672/app", "web1")
    assert stack.where(stack.endpoints.amqp) == "127.0.0.1:5672 on web1"
    ((name, command),) = tunnel.pasteable(environment, stack)
    assert name == "web1"
    assert (
        command.endswith("-L 5555:127.0.0.1:5555 -p 22 me@web1") and " -N -L 5672:127.0.0.1:5672 " in command
    )


def test_a_host_that_was_never_entered_is_named(environment: Environment) -> None:
    (environment.state / "access.json").unlink()
    with pytest.raises(StackError, match="how host web1 is entered"), tunnel.ways(environment, far()):
        pass
