"""What RabbitMQ says of itself by its management API: users, vhosts, queues, alarms, connections."""

from __future__ import annotations

from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils.management import (
    Management,
    ManagementError,
    Unreachable,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

TIMEOUT = 3.0
QUESTIONS = {
    "overview": "/api/overview",
    "nodes": "/api/nodes",
    "users": "/api/users",
    "vhosts": "/api/vhosts",
    "permissions": "/api/permissions",
    "queues": "/api/queues?disable_stats=true&enable_queue_totals=true",
    "connections": "/api/connections",
    "consumers": "/api/consumers",
}


def collect(question: Question) -> dict[str, Any] | None:
    """Return the API's answers by the names of QUESTIONS, {"fault": sentence} when there is none.

    None on a host without the broker.
    """
    if not question.runs("rabbitmq-server"):
        return None
    end = question.stack["endpoints"]["management"]
    api = Management(f"http://{end['host']}:{end['port']}", *question.login("admin"), timeout=TIMEOUT)
    try:
        return {name: api.request("GET", path) for name, path in QUESTIONS.items()}
    except (ManagementError, Unreachable) as error:
        return {"fault": str(error)}
