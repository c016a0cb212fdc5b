"""A task that is not queued twice: RabbitMQ carries it, a lock in Redis says that it is there."""

from once.celery import app

__all__ = ["app"]
