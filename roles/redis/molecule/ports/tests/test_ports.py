"""Another address, port, data directory, limit and number of databases; and data is never left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from tests.support.advice import hint
from tests.support.backend import Backend
from tests.support.remote import Remote
from tests.support.service import HostService
from tests.support.sockets import listening

Face = Callable[[str], HostService]
Converge = Callable[..., int]
ELSEWHERE = ["/srv/elsewhere/redis data", "/home/redis-data"]


def test_it_listens_there_and_nowhere_else(machine: Remote) -> None:
    assert listening(machine) == {("127.0.0.2", 7379)}


def test_what_is_written_survives_a_restart(backend: Backend, service: Face) -> None:
    backend.client().set("kept", "yes")
    service("redis-server").restart()
    backend.wait_ready()
    assert backend.client().get("kept") == "yes"


def test_a_snapshot_can_be_written_there(backend: Backend) -> None:
    assert backend.setting("dir") == "/srv/backend/redis"
    assert backend.client().save()


def test_there_are_as_many_databases_as_declared(backend: Backend) -> None:
    assert backend.client(database=2).ping()
    with pytest.raises(redis.ResponseError, match="DB index is out of range"):
        backend.client(database=3).ping()


def test_a_full_server_refuses_writes_and_forgets_nothing(backend: Backend) -> None:
    client = backend.client()
    with pytest.raises(redis.ResponseError, match="used memory > 'maxmemory'"):
        for number in range(50):
            client.set(f"big:{number}", "x" * 2**20)
    assert client.get("kept") == "yes"
    assert client.get("big:0") == "x" * 2**20
    client.delete(*client.keys("big:*"))


@pytest.mark.parametrize("directory", ELSEWHERE)
def test_data_is_not_left_behind(
    machine: Remote, backend: Backend, refused: Callable[..., str], converge: Converge, directory: str
) -> None:
    before = str(backend.setting("dir"))
    said = refused(redis_data_dir=directory)
    assert f"would start empty in `{directory}`" in said.replace("\n", " ") and before in said
    assert backend.client().get("kept") == "yes"
    machine.run(hint(said))
    assert converge(redis_data_dir=directory) > 0
    assert backend.setting("dir") == directory
    assert backend.client().get("kept") == "yes"
    assert backend.client().save()


def test_the_usual_directory_is_no_exception(
    machine: Remote, backend: Backend, refused: Callable[..., str], converge: Converge
) -> None:
    machine.run(hint(refused(redis_data_dir="")))
    assert converge(redis_data_dir="") > 0
    assert backend.client().get("kept") == "yes"
    assert converge(redis_data_dir="") == 0
