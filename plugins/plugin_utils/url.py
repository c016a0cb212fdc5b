"""Connection URLs for AMQP and Redis: the only place that quotes user names, passwords and virtual hosts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote


def amqp_url(user: str, password: str, host: str | Sequence[str], port: int, vhost: str) -> str:
    """Return ``amqp://user:password@host:port/vhost`` in which every character of each part survives.

    Of several hosts it is a URL each with ``;`` between them, as Celery takes the nodes of a cluster.
    The virtual host is the whole name: ``/`` becomes ``%2F``, ``app`` becomes ``/app``.
    Raises ValueError for an empty user or virtual host and for a host or port that cannot be dialled.
    """
    _filled("user", user)
    _filled("virtual host", vhost)
    login = f"{_quoted(user)}:{_quoted(password)}"
    hosts = [host] if isinstance(host, str) else host
    return ";".join(f"amqp://{login}@{_address(one, port)}/{_quoted(vhost)}" for one in hosts)


def redis_url(password: str, host: str, port: int, db: int = 0, user: str = "") -> str:
    """Return ``redis://user:password@host:port/db``; without a user the default one logs in.

    Raises ValueError for a host or port that cannot be dialled and for a negative database number.
    """
    if int(db) < 0:
        raise ValueError(f"Redis database `{db}` is negative")
    login = f"{_quoted(user)}:{_quoted(password)}@" if user or password else ""
    return f"redis://{login}{_address(host, port)}/{int(db)}"


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
