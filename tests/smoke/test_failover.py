"""What several Redis promise: whoever is master, the others follow, and all sentinels say the same."""

from __future__ import annotations

import pytest
import redis

from rabbitry.clients import Clients
from rabbitry.deadline import Deadline, until
from rabbitry.model import Stack
from rabbitry.promise import Broken

SERVICE = "redis-sentinel"
HINT = "./inv doctor"


@pytest.mark.promise(shared=True)
def test_enough_sentinels_name_the_same_master(clients: Clients, stack: Stack) -> None:
    group = stack.replication
    if group is None:
        pytest.skip("this stack has one Redis")
    told, silent = {}, []
    for one in group.sentinels:
        try:
            told[one.on] = clients.sentinel(one.on)
        except redis.RedisError as error:
            silent.append(f"{one.on} ({error})")
    most = len(group.sentinels)
    if len(told) <= most // 2:
        raise Broken(
            f"{len(told)} of {most} sentinels answer, which is no majority; silent: {', '.join(silent)}",
            service=SERVICE,
            hint=HINT,
        )
    masters = {str(facts["ip"]) for facts in told.values()}
    if len(masters) > 1:
        said = ", ".join(f"{host} says {facts['ip']}" for host, facts in told.items())
        raise Broken(f"the sentinels name several masters: {said}", service=SERVICE, hint=HINT)
    for host, facts in told.items():
        if facts["is_odown"] or facts["is_sdown"]:
            raise Broken(
                f"the sentinel of {host} takes the master {facts['ip']} for gone", service=SERVICE, hint=HINT
            )


@pytest.mark.promise(needs=("redis",), shared=True)
def test_the_other_redis_follow_the_master(clients: Clients, stack: Stack) -> None:
    group = stack.replication
    if group is None:
        pytest.skip("this stack has one Redis")
    wanted = len(group.nodes) - 1

    def following() -> int:
        told = clients.redis().info("replication")
        slaves = [one for name, one in told.items() if name.startswith("slave") and isinstance(one, dict)]
        return sum(one["state"] == "online" for one in slaves)

    if until(lambda: following() >= wanted, Deadline(4)) is None:
        raise Broken(
            f"{following()} of {wanted} other Redis follow the master {clients.store}",
            service="redis-server",
            hint=HINT,
        )
