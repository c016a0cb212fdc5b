"""A Redis that lets its password in and nobody else, keeps what it is given, and is left as declared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from tests.support.backend import Backend
from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.sockets import beyond_loopback, listening

Face = Callable[[str], HostService]


def test_a_client_gets_what_it_wrote(backend: Backend) -> None:
    client = backend.client()
    client.set("greeting", "grüße")
    assert client.get("greeting") == "grüße"


@pytest.mark.parametrize("password", ["wrong", "a password", "a password of the default scenario "])
def test_another_password_is_refused(backend: Backend, password: str) -> None:
    assert "invalid username-password pair" in backend.refuses(password)


def test_no_password_is_refused(backend: Backend) -> None:
    assert "Authentication required" in backend.refuses("")


def test_it_listens_on_loopback_only(machine: Remote) -> None:
    assert ("127.0.0.1", 6379) in listening(machine)
    assert beyond_loopback(machine) == set()


def test_a_write_survives_a_restart(backend: Backend, service: Face) -> None:
    backend.client().set("kept", "yes")
    pid = service("redis-server").pid()
    service("redis-server").restart()
    backend.wait_ready()
    assert service("redis-server").pid() not in (0, pid)
    assert backend.client().get("kept") == "yes"


def test_it_runs_as_its_own_account_and_comes_back_at_boot(machine: Remote, service: Face) -> None:
    face = service("redis-server")
    assert face.is_enabled()
    assert machine.run(["stat", "-c", "%U", f"/proc/{face.pid()}"]).out.strip() == "redis"


def test_it_refuses_rather_than_forgets_when_it_is_full(backend: Backend) -> None:
    assert backend.setting("maxmemory-policy") == "noeviction"


def test_it_cannot_rewrite_its_configuration(backend: Backend) -> None:
    with pytest.raises(redis.ResponseError, match="Rewriting config file"):
        backend.client().config_rewrite()


def test_an_empty_password_is_refused_by_name(refused: Callable[..., str]) -> None:
    assert "the variable redis_password is empty" in refused(redis_password="")
