"""Canvas: tasks that are put together to chains, groups and chords before they are sent."""

from canvas.celery import app

__all__ = ["app"]
