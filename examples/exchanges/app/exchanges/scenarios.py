"""Who listens to which exchange: {exchange's type: {receiver: the binding keys of its queue}}."""

import os

import pika
from pika.adapters.blocking_connection import BlockingChannel

SCENARIOS: dict[str, dict[str, tuple[str, ...]]] = {
    # Exactly this key: all that is logged goes to the console, and only errors to the disk.
    "direct": {"console": ("info", "warning", "error"), "disk": ("error",)},
    # Every queue gets every message: a fanout exchange does not look at keys.
    "fanout": {"console": ("",), "disk": ("",)},
    # Patterns of words, `source.level`: `*` is exactly one word, `#` any number of them, also none.
    "topic": {"orders": ("order.*",), "infos": ("*.info",), "all": ("#",)},
}


def connect() -> pika.BlockingConnection:
    """Connect as the application's account, which has all rights in its own vhost and none elsewhere."""
    # Of a cluster there is one for each node, and the first that answers is taken.
    return pika.BlockingConnection(list(map(pika.URLParameters, os.environ["CELERY_BROKER_URL"].split(";"))))


def exchange(kind: str) -> str:
    """The name of the exchange of a scenario."""
    return f"logs.{kind}"


def declare(channel: BlockingChannel, kind: str) -> None:
    """Make the exchange, unless another receiver has; it goes with its last queue and leaves nothing."""
    channel.exchange_declare(exchange=exchange(kind), exchange_type=kind, durable=True, auto_delete=True)
