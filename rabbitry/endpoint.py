"""Where the parts of a stack listen."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Endpoint:
    """Where something listens, as the stack's own processes connect to it; `on` is the host it is on."""

    host: str
    port: int
    on: str

    @property
    def is_loopback(self) -> bool:
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class AmqpEndpoint(Endpoint):
    """The broker and the application's own virtual host."""

    vhost: str

    @property
    def path(self) -> str:
        """The virtual host as the path of an AMQP URL: every reserved character is quoted, `/` too."""
        return quote(self.vhost, safe="")


@dataclass(frozen=True)
class RedisEndpoint(Endpoint):
    """The result backend and its database number."""

    db: int


@dataclass(frozen=True)
class Endpoints:
    amqp: AmqpEndpoint
    management: Endpoint
    redis: RedisEndpoint
    flower: Endpoint | None
