"""Asks the sentinels of several Redis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rabbitry.endpoint import Endpoint
from rabbitry.promise import Broken

SECONDS = 1.0
SERVICE = "redis-sentinel"


def facts(sentinel: Endpoint, master: str, password: str) -> dict[str, Any]:
    """What one sentinel says of the master: ip, flags, num-other-sentinels, num-slaves, quorum and more.

    Raises redis.RedisError when it does not answer, lets us not in, or does not know the master.
    """
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis(
        host=sentinel.host, port=sentinel.port, password=password, decode_responses=True,
        socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0),
    )  # fmt: skip
    with client:
        return dict(client.sentinel_master(master))  # type: ignore[arg-type]


def master_of(master: str, sentinels: Sequence[Endpoint], password: str) -> str:
    """The master's address, as the first sentinel that answers has it. Raises Broken when none does."""
    import redis

    said = ""
    for one in sentinels:
        try:
            return str(facts(one, master, password)["ip"])
        except redis.RedisError as error:
            said = said or f"{one}: {error}"
    raise Broken(f"no sentinel says who is master: {said}", service=SERVICE, hint="./inv doctor")
