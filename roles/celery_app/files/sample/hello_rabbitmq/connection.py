"""Connects to the stack's broker, whose URL is in CELERY_BROKER_URL."""

import os

import pika
from pika.adapters.blocking_connection import BlockingChannel


def connect() -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(os.environ["CELERY_BROKER_URL"]))


def bound_queue(channel: BlockingChannel, exchange: str, *routing_keys: str) -> str:
    """Make a queue that goes with this connection, bound by each key; returns its name."""
    queue = channel.queue_declare(queue="", exclusive=True).method.queue
    for key in routing_keys:
        channel.queue_bind(queue=queue, exchange=exchange, routing_key=key)
    return queue


def drain(channel: BlockingChannel, queue: str) -> list[str]:
    """Everything that waits in the queue, acknowledged."""
    bodies = []
    while True:
        method, _, body = channel.basic_get(queue=queue, auto_ack=False)
        if method is None:
            return bodies
        bodies.append(body.decode())
        channel.basic_ack(method.delivery_tag)
