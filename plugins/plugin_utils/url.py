"""Connection URLs for AMQP and Redis: the only place that quotes user names, passwords and virtual hosts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote


def amqp_url(user: str, password: str, host: str, port: int, vhost: str) -> str:
    """Return ``amqp://user:password@host:port/vhost`` in which every character of each part survives.

    The virtual host is the whole name: ``/`` becomes ``%2F``, ``app`` becomes ``/app``.
    Raises ValueError for an empty user or virtual host and for a host or port that cannot be dialled.
    """
    _filled("user", user)
    _filled("virtual host", vhost)
    return f"amqp://{_quoted(user)}:{_quoted(password)}@{_address(host, port)}/{_quoted(vhost)}"


def amqp_urls(user: str, password: str, hosts: Sequence[str], port: int, vhost: str) -> str:
    """Return the URLs of several brokers as Celery takes them, ``amqp://…;amqp://…``, tried in this order.

    Raises ValueError for no host and for what ``amqp_url`` refuses.
    """
    if not hosts or isinstance(hosts, str):
        raise ValueError(f"brokers are `{hosts}`, not a list of at least one host")
    return ";".join(amqp_url(user, password, host, port, vhost) for host in hosts)


def redis_url(password: str, host: str, port: int, db: int = 0, user: str = "") -> str:
    """Return ``redis://user:password@host:port/db``; without a user the default one logs in.

    Raises ValueError for a host or port that cannot be dialled and for a negative database number.
    """
    if int(db) < 0:
        raise ValueError(f"Redis database `{db}` is negative")
    login = f"{_quoted(user)}:{_quoted(password)}@" if user or password else ""
    return f"redis://{login}{_address(host, port)}/{int(db)}"


def sentinel_url(password: str, hosts: Sequence[str], port: int, db: int = 0) -> str:
    """Return ``sentinel://:password@host:port/db;…``, which Celery takes as a result backend.

    Raises ValueError for no host and for what ``redis_url`` refuses.
    """
    if not hosts or isinstance(hosts, str):
        raise ValueError(f"sentinels are `{hosts}`, not a list of at least one host")
    return ";".join(
        redis_url(password, host, port, db).replace("redis://", "sentinel://", 1) for host in hosts
    )


def _filled(what: str, value: str) -> None:
    if not value:
        raise ValueError(f"the {what} of an AMQP URL is empty")


def _quoted(part: str) -> str:
    return quote(str(part), safe="")


def _address(host: str, port: int) -> str:
    if not host or any(character in host for character in "/@?#% "):
        raise ValueError(f"host `{host}` cannot stand in a URL")
    if not 1 <= int(port) <= 65535:
        raise ValueError(f"port `{port}` of host `{host}` is not between 1 and 65535")
    return f"[{host}]:{int(port)}" if ":" in host else f"{host}:{int(port)}"
