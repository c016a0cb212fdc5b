"""A Redis on a test host, as its clients see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.remote import Remote
from tests.support.wait import wait_until

SECONDS = 10


@dataclass(frozen=True)
class Backend:
    """The Redis of a test host, reached by a port of this machine."""

    machine: Remote
    port: int

    def client(self, password: str | None = None, database: int = 0) -> redis.Redis:
        """Return a client that logs in by the scenario's password, or by another one ("" for none)."""
        given = str(self.machine.vars["redis_password"]) if password is None else password
        return redis.Redis(
            port=self.port,
            password=given or None,
            db=database,
            protocol=2,
            decode_responses=True,
            socket_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def refuses(self, password: str) -> str:
        """Return what a client with this password ("" for none) is told; AssertionError when it gets in."""
        try:
            answer = self.client(password).get("anything")
        except redis.RedisError as error:
            return str(error)
        raise AssertionError(f"Redis let the password `{password}` in and answered {answer!r}")

    def setting(self, name: str) -> Any:
        """Return the value that the running server has for one setting."""
        return self.client().config_get(name)[name]

    def wait_ready(self, password: str | None = None) -> None:
        """Wait until the server answers its client again."""
        wait_until(lambda: self._answers(password), SECONDS * 3, "Redis answers")

    def _answers(self, password: str | None) -> bool:
        try:
            return bool(self.client(password).ping())
        except redis.RedisError as error:
            raise AssertionError(str(error)) from error
