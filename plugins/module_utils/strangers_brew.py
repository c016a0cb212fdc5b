"""What shows a RabbitMQ or Redis of Homebrew's: a job of launchd's, its data, its configuration."""

from __future__ import annotations

from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import launchctl
from ansible_collections.rabbitry.stack.plugins.module_utils.layout import HERE
from ansible_collections.rabbitry.stack.plugins.module_utils.service_state import SupervisorError

# Where `sudo brew services` puts the property list of a daemon that then runs as root.
DAEMONS = "Library/LaunchDaemons"


def servers(prefix: str = HERE.prefix) -> dict[str, dict[str, Any]]:
    """The same facts of each server as strangers.SERVERS has, paths relative to the root."""
    below = prefix.lstrip("/")
    configuration = f"{below}/etc/rabbitmq"
    return {
        "rabbitmq": {
            "package": "rabbitmq",
            "data": (f"{below}/var/lib/rabbitmq/mnesia",),
            "files": (
                f"{configuration}/rabbitmq.conf",
                f"{configuration}/advanced.config",
                f"{DAEMONS}/homebrew.mxcl.rabbitmq.plist",
            ),
            "service": "rabbitmq-server",
        },
        "redis": {
            "package": "redis",
            "data": (f"{below}/var/db/redis/dump.rdb", f"{below}/var/db/redis/appendonlydir"),
            "files": (f"{DAEMONS}/homebrew.mxcl.redis.plist",),
            "service": "redis-server",
        },
    }


def running(facts: dict[str, Any]) -> list[str]:
    """The job that `brew services` runs, a sentence; what was started by hand is found by its port."""
    label = f"homebrew.mxcl.{facts['package']}"
    try:
        domain, text = launchctl.find(label)
    except SupervisorError:
        return []  # root, say, whom preflight refuses
    pid = launchctl.facts(text).get("pid", "") if domain else ""
    return [f"process {pid} ({label} of `brew services`) is running"] if pid else []
