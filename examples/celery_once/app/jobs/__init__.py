"""Tasks that celery_once queues once: RabbitMQ carries them, its locks lie in the stack's Redis."""

from jobs.celery import app

__all__ = ["app"]
