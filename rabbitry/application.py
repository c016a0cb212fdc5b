"""An application as every verb sees it: a part of stack.json, read by rabbitry/model.py."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from rabbitry.endpoint import FlowerEndpoint


@dataclass(frozen=True)
class Account:
    """A user name; `secret` is the name of its password in secrets.json."""

    username: str
    secret: str


@dataclass(frozen=True)
class Worker:
    """One worker process on one host; `service` is what its supervisor calls it."""

    name: str
    service: str
    host: str
    queues: tuple[str, ...]
    concurrency: int


@dataclass(frozen=True)
class Beat:
    """The scheduler, its own tick every `tick` seconds; with `others`, whoever holds the lock is active."""

    service: str
    host: str
    others: tuple[str, ...]
    tick: int

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that has one."""
        return (self.host, *self.others)


@dataclass(frozen=True)
class App:
    """An application: its code, its part of the servers, and what runs it.

    `celery` is its set of pinned packages, `account` its user at the broker, `db` its database at Redis,
    `longest_task` in seconds.
    """

    name: str
    module: str
    home: str
    celery: str
    vhost: str
    account: Account
    db: int
    exchange: str
    queue_type: str
    queues: tuple[str, ...]
    longest_task: int
    workers: tuple[Worker, ...]
    beat: Beat | None
    flower: FlowerEndpoint | None

    @property
    def path(self) -> str:
        """The virtual host as the path of an AMQP URL: every reserved character is quoted, `/` too."""
        return quote(self.vhost, safe="")

    @property
    def services(self) -> tuple[str, ...]:
        """What its services are called, on whatever host."""
        parts = (*self.workers, self.beat, self.flower)
        return tuple(dict.fromkeys(part.service for part in parts if part))
