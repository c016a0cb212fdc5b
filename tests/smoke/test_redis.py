"""What Redis promises."""

from __future__ import annotations

import pytest
import redis

from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.promise import Broken

SERVICE = "redis-server"


@pytest.mark.promise(needs=("redis",), shared=True)
def test_redis_refuses_a_client_without_the_password(clients: Clients) -> None:
    for password, said in ((None, "without a password"), ("wrong", "with a wrong password")):
        try:
            clients.redis(username=None, password=password).ping()
        except redis.AuthenticationError:
            continue
        except redis.ResponseError as error:
            if "WRONGPASS" in str(error) or "NOAUTH" in str(error):
                continue
            # `AUTH <password> called without any password configured`
            raise Broken(f"{SERVICE} has no password: {error}", service=SERVICE, hint="./inv up") from error
        raise Broken(f"{SERVICE} answers a client {said}", service=SERVICE, hint="./inv up")


@pytest.mark.promise(needs=("redis",), shared=True)
def test_redis_saves_its_data_to_disk(clients: Clients) -> None:
    store = clients.redis()
    before = store.time()[0]
    if not store.info("persistence")["rdb_bgsave_in_progress"]:
        store.bgsave()

    def saved() -> dict[str, object] | None:
        known: dict[str, object] = store.info("persistence")
        return None if known["rdb_bgsave_in_progress"] else known

    known = until(saved, Deadline(5))
    if known is None:
        raise Broken(f"{SERVICE} has not finished a background save within 5 s", service=SERVICE)
    if known["rdb_last_bgsave_status"] != "ok" or int(str(known["rdb_last_save_time"])) < before:
        raise Broken(f"{SERVICE} cannot save its data: the background save failed", service=SERVICE)
    if known["aof_enabled"] and known["aof_last_write_status"] != "ok":
        raise Broken(f"{SERVICE} cannot write its append-only file", service=SERVICE)


@pytest.mark.promise(needs=("redis",), shared=True)
def test_redis_keeps_results_when_memory_runs_out(clients: Clients) -> None:
    policy = clients.redis().info("memory")["maxmemory_policy"]
    if policy != "noeviction":
        raise Broken(f"{SERVICE} may throw results away: its eviction policy is {policy}", service=SERVICE)
