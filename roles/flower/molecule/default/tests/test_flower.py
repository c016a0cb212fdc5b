"""Flower lists the worker to who knows the password, and nothing to anybody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.wait import wait_until

ASK = """\
import base64, json, sys, urllib.error, urllib.request
url, login = sys.argv[1:]
request = urllib.request.Request(url)
if login:
    request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
try:
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(json.dumps([answer.status, json.loads(answer.read())]))
except urllib.error.HTTPError as error:
    print(json.dumps([error.code, None]))
"""


def ask(machine: Remote, login: str, path: str = "api/workers?refresh=true") -> tuple[int, Any]:
    """Return the HTTP status and the document that it came with."""
    status, document = machine.script(
        ASK, f"http://127.0.0.1:{machine.vars['flower_port']}/{path}", login, user="nobody"
    )
    return status, document


def login(machine: Remote) -> str:
    return f"flower:{machine.vars['flower_password']}"


def test_it_lists_the_worker_to_who_knows_the_password(machine: Remote) -> None:
    def workers() -> list[str]:
        status, found = ask(machine, login(machine))
        assert status == 200, status
        return list(found)

    assert wait_until(workers, 20, "a worker is listed") == ["default@web1"]


@pytest.mark.parametrize("wrong", ["", "flower:wrong", "flower:", "admin:wrong"])
@pytest.mark.parametrize("path", ["api/workers", "workers", "api/tasks", "broker"])
def test_it_refuses_everybody_else(machine: Remote, wrong: str, path: str) -> None:
    assert ask(machine, wrong, path)[0] == 401


def test_the_password_is_on_no_command_line_and_in_no_readable_file(
    machine: Remote, service: Callable[[str], HostService]
) -> None:
    secret = machine.vars["flower_password"]
    words = machine.run(["cat", f"/proc/{service('stack-flower').pid()}/cmdline"]).out
    assert "flower" in words and secret not in words
    found = machine.run(["grep", "-rlF", secret, "/etc", "/opt/rabbitry"], user="nobody", check=False).out
    assert found == ""


def test_a_new_password_replaces_the_old_one(machine: Remote, converge: Callable[..., int]) -> None:
    assert converge(flower_password="another") == 2
    assert ask(machine, login(machine))[0] == 401
    assert ask(machine, "flower:another")[0] == 200


def test_a_killed_flower_comes_back(machine: Remote, service: Callable[[str], HostService]) -> None:
    flower = service("stack-flower")
    pid = flower.pid()
    flower.signal("KILL")
    wait_until(lambda: flower.is_running() and flower.pid() not in (0, pid), 20, "flower runs again")


def test_it_can_be_taken_away(
    machine: Remote, service: Callable[[str], HostService], converge: Callable[..., int]
) -> None:
    assert converge(flower_enabled=False) == 1
    assert not service("stack-flower").is_running() and not service("stack-flower").is_enabled()
