"""What RabbitMQ says of itself by its management API, to a client that logs in, and by its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rabbitry.stack.plugins.module_utils import (
    evidence_broker_login,
    evidence_broker_node,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.management import (
    Management,
    ManagementError,
    Unreachable,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.question import Question

TIMEOUT = 3.0
QUESTIONS = {
    "nodes": "/api/nodes",
    "users": "/api/users",
    "vhosts": "/api/vhosts",
    "permissions": "/api/permissions",
    "queues": "/api/queues?disable_stats=true&enable_queue_totals=true",
    "connections": "/api/connections",
}


def here(question: Question) -> Mapping[str, Any]:
    """Where this host's broker listens: {"amqp", "management"}; it asks itself, whoever is the first."""
    found: Mapping[str, Any] = question.stack["endpoints"]
    return next((one for one in question.stack["brokers"] if one["amqp"]["on"] == question.host), found)


def collect(question: Question) -> dict[str, Any] | None:
    """Return the API's answers by the names of QUESTIONS, or "fault": sentence and "status": HTTP's or 0.

    Beside either: "node" (see evidence_broker_node.py) and "login" (of each application over AMQP by its
    name, see evidence_broker_login.py). None on a host without the broker.
    """
    if not question.runs("rabbitmq-server"):
        return None
    own = here(question)
    end = own["amqp"]
    place = end["host"], int(end["port"])
    local = {
        # A container's node is as the image and the files that are mounted make it.
        "node": {} if question.told else evidence_broker_node.collect(),
        "login": {
            one.app["name"]: evidence_broker_login.login(*place, *one.login("app"), vhost=one.app["vhost"])
            for one in question.each()
        },
    }
    end = own["management"]
    api = Management(f"http://{end['host']}:{end['port']}", *question.login("admin"), timeout=TIMEOUT)
    try:
        answers = {name: api.request("GET", path) for name, path in QUESTIONS.items()}
    except (ManagementError, Unreachable) as error:
        return {**local, "fault": str(error), "status": getattr(error, "status", 0)}
    for user in answers["users"]:
        user.pop("password_hash", None)
    return {**local, **answers}
