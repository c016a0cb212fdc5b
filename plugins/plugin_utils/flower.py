"""Flower's configuration file, which holds its passwords and is read by Python."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# What ends the login part of a URL, or is dropped from it.
UNSENDABLE = re.compile(r"[/?#\[\]\x00-\x1f\x7f]|[^\x00-\x7f]")


def flower_config(
    port: int,
    bind: str,
    user_name: str,
    password: str,
    database: str = "",
    broker_api: str = "",
    broker_api_user: str = "",
    broker_api_password: str = "",
) -> str:
    """Return the text of flowerconfig.py; `database` is where Flower keeps what it knows, "" for nowhere.

    Raises ValueError for a name or password that is empty or not ASCII, and for a colon in the name.
    """
    if not user_name or not password:
        raise ValueError("flower_user_name and flower_password must not be empty: Flower can run tasks")
    if ":" in user_name:
        raise ValueError(
            f"flower_user_name `{user_name}` has a colon, which ends the name in basic authentication"
        )
    if not f"{user_name}{password}".isascii():
        raise ValueError("flower_user_name and flower_password must be ASCII: Flower fails on others")
    options: dict[str, object] = {
        "port": port,
        "address": bind,
        "basic_auth": [f"{user_name}:{password}"],
        "broker_api": with_login(broker_api, broker_api_user, broker_api_password) or None,
        "max_tasks": 10000,
    }
    if database:
        # Saved every minute too, so that a killed Flower forgets no more than that.
        options |= {"persistent": True, "db": database, "state_save_interval": 60000}
    lines = [f"{name} = {value!r}\n" for name, value in options.items() if value is not None]
    return '"""Written by Rabbitry; changes made here are overwritten."""\n\n' + "".join(lines)


def with_login(url: str, user: str, password: str) -> str:
    """Return `url` with the user and password in it, as they are; without a user it stays as it is.

    Flower's HTTP client does not undo quoting in a URL, so what would have to be quoted raises ValueError.
    """
    if not url or not user:
        return url
    broken = sorted(set(UNSENDABLE.findall(user + password)) | set(re.findall(":", user)))
    if broken:
        raise ValueError(
            f"flower_broker_api_user and flower_broker_api_password have {' '.join(map(repr, broken))}, "
            "which Flower cannot hand on to the broker's API: give that user another password"
        )
    parts = urlsplit(url)
    return f"{parts.scheme}://{user}:{password}@{parts.netloc.rpartition('@')[2]}{parts.path}"
