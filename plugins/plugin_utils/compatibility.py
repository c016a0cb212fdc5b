"""Which Celery set works with which broker and queue type: what was measured to fail is refused."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.module_utils.rabbitmq_releases import numbers as numbers
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

# What a suite brings when its package lists are not there yet: (id, version) -> RabbitMQ.
DISTRIBUTED = {
    ("debian", "12"): "3.10.8",
    ("debian", "13"): "4.0.5",
    ("ubuntu", "22.04"): "3.9.27",
    ("ubuntu", "24.04"): "3.12.1",
}

# Since this release the broker refuses the transient queues that older Celery sets declare (error 541).
NO_TRANSIENT_QUEUES = (4, 3)
# Since this release kombu 5.7 asks for a prefetch per consumer, which cannot grow while countdown tasks wait.
QOS_PER_CONSUMER = (4, 0)
OLDEST_BROKER = (3, 10)


def expected_broker(installed: str, candidate: str, system: tuple[str, str]) -> str:
    """The RabbitMQ version that the host has or will get, "" when that cannot be known."""
    return installed or candidate or DISTRIBUTED.get(system, "")


def incompatibility(celery_set: str, queue_type: str, broker: str) -> Fault | None:
    """Why this Celery set cannot be used with this broker version and queue type; None when it can.

    Measured with 20 countdown tasks in front of a plain one: a pair in which the plain one waits for them,
    or in which the worker reconnects for ever, is refused. An unknown broker version ("") is not judged.
    """
    series, release = numbers(celery_set), numbers(broker)
    pair = f"Celery {celery_set} with {queue_type} queues"
    where = f" on RabbitMQ {broker}" if broker else ""
    if release and release < OLDEST_BROKER:
        return Fault(
            f"RabbitMQ {broker} is older than 3.10, which nothing here was tried with",
            "write `stack_rabbitmq_source: vendor` and `stack_rabbitmq_vendor_url`",
        )
    if series < (5, 7) and queue_type == "quorum":
        return Fault(
            f"{pair}{where} stall: a plain task waits behind countdown tasks",
            'write `stack_celery_set: "5.7"` or `stack_queue_type: classic`',
        )
    if series < (5, 7) and release >= NO_TRANSIENT_QUEUES:
        return Fault(
            f"{pair}{where} never connect: it refuses the transient queues of Celery before 5.7 (error 541)",
            'write `stack_celery_set: "5.7"` and `stack_queue_type: quorum`',
        )
    if series >= (5, 7) and queue_type == "classic" and release >= QOS_PER_CONSUMER:
        return Fault(
            f"{pair}{where} stall: a plain task waits behind countdown tasks",
            "write `stack_queue_type: quorum`",
        )
    return None
