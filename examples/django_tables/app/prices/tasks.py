"""The tasks."""

from celery import shared_task


@shared_task
def look(fruit: str) -> str:
    return f"{fruit} costs {len(fruit)}"
