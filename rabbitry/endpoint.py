"""Where the parts of a stack listen."""

from __future__ import annotations

from dataclasses import dataclass


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
class FlowerEndpoint(Endpoint):
    """An application's Flower, and the service that it is."""

    service: str


@dataclass(frozen=True)
class Endpoints:
    """The servers that all applications use."""

    amqp: Endpoint
    management: Endpoint
    redis: Endpoint


@dataclass(frozen=True)
class Broker:
    """One of the brokers: what its node is called, and where it listens."""

    node: str
    amqp: Endpoint
    management: Endpoint


@dataclass(frozen=True)
class Replication:
    """Several Redis and the Sentinel beside each; the sentinels call the master `master`."""

    master: str
    nodes: tuple[Endpoint, ...]
    sentinels: tuple[Endpoint, ...]
