"""Erlang's cookie on a broker's host: whether another one may be written over it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE

NAME = ".erlang.cookie"


def home(root: Path = Path("/")) -> Path:
    """The directory in which the broker's account keeps its cookie."""
    return Path(HERE.user_home) if HERE.prefix else root / "var/lib/rabbitmq"


def look(root: Path = Path("/")) -> dict[str, Any]:
    """Return {"digest": of the cookie that is there or "", "members": names of nodes with data there}."""
    seen = ""
    with suppress(OSError):
        seen = digest((home(root) / NAME).read_text(encoding="utf-8", errors="replace"))
    data = root / HERE.prefix.lstrip("/") / "var/lib/rabbitmq/mnesia"
    with suppress(OSError):
        return {"digest": seen, "members": sorted(path.name for path in data.glob("*@*") if is_data(path))}
    return {"digest": seen, "members": []}


def is_data(path: Path) -> bool:
    """Whether a node keeps its data there; the plugins that it unpacks beside it are none."""
    return path.is_dir() and not path.name.endswith("-plugins-expand") and any(path.iterdir())


def digest(cookie: str) -> str:
    """Return what tells one cookie from another without giving it away."""
    return hashlib.sha256(cookie.strip().encode()).hexdigest()


def refusal(seen: Mapping[str, Any], cookie: str, host: str) -> tuple[str, str] | None:
    """Return (message, hint) when `cookie` would part the data that `look` saw from its cluster."""
    if not cookie or not seen["members"] or not seen["digest"] or seen["digest"] == digest(cookie):
        return None
    data = " and ".join(f"`{name}`" for name in seen["members"])
    message = (
        f"host {host} has data of the RabbitMQ node {data} and another Erlang cookie than this cluster: "
        "with a new cookie the node could not talk to the nodes that it belongs to"
    )
    return message, f"write `rabbitmq_replace_cookie: true` for {host}   # only when its old cluster is gone"
