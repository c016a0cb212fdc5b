"""Lets beats of several hosts agree by a lock in Redis which one sends the schedule (celery-redbeat)."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from celery import Celery

# Seconds: how long the lock outlives its holder, and how often it is extended and asked for.
LOCK = 6
LOOP = 1
# Seconds in which Redis may come back before beat gives up, and its supervisor starts it again.
PATIENCE = 15
REDBEAT = "redbeat.schedulers:RedBeatScheduler"
# What Celery takes by itself; any other was chosen by the application.
OWN = (
    "celery.beat:PersistentScheduler",
    "celery.beat.PersistentScheduler",
    "redbeat.RedBeatScheduler",
    REDBEAT,
)


def wanted() -> bool:
    """Whether this beat is one of several."""
    return bool(os.environ.get("RABBITRY_BEAT_FAILOVER"))


def scheduler_of(app: Celery) -> str:
    """The class by which beats share a schedule; SystemExit when the application has another one."""
    if app.conf.beat_scheduler not in OWN:
        raise SystemExit(
            f"error: `beat_scheduler` is `{app.conf.beat_scheduler}`, which knows no other beat: "
            "on two hosts it would send every task twice\n"
            "hint: leave one host in the group `scheduler`, or take `beat_scheduler` out of the settings"
        )
    try:
        import redbeat  # noqa: F401
    except ImportError:
        raise SystemExit(
            "error: beats of several hosts need `celery-redbeat`, which the application does not bring\n"
            "hint: add `celery-redbeat` to its packages, or leave one host in the group `scheduler`"
        ) from None
    return REDBEAT


def configure(app: Celery) -> dict[str, Any]:
    """Point redbeat to the stack's Redis, and return arguments of its scheduler."""
    url = os.environ.get("CELERY_RESULT_BACKEND") or os.environ.get("RABBITRY_RESULT_BACKEND", "")
    app.conf.update(redbeat_redis_url=url, redbeat_redis_options={"retry_period": PATIENCE})
    if url.startswith("sentinel://"):
        options = app.conf.result_backend_transport_options
        app.conf.update(redbeat_redis_url="redis-sentinel://", redbeat_redis_options=sentinels(url, options))
    return {"lock_timeout": LOCK, "max_interval": LOOP}


def sentinels(url: str, options: dict[str, Any]) -> dict[str, Any]:
    """redbeat's options for the backend that Celery reaches by this URL and these transport options."""
    parts = [urlsplit(one) for one in url.split(";")]
    return {
        "sentinels": [(one.hostname, one.port) for one in parts],
        "service_name": options["master_name"],
        "sentinel_kwargs": options["sentinel_kwargs"],
        "password": unquote(parts[0].password or "") or None,
        "db": int(parts[0].path.strip("/") or 0),
        "socket_timeout": 2.0,
        "retry_period": PATIENCE,
    }
