"""Tasks to be put together. Each takes what the one before it returned as its first argument."""

from typing import Any

from celery import current_app, shared_task

NOTES = "canvas:notes"


@shared_task
def add(x: int, y: int) -> int:
    return x + y


@shared_task
def multiply(x: int, y: int) -> int:
    return x * y


@shared_task
def total(numbers: list[int]) -> int:
    return sum(numbers)


# A chord counts on the results of its tasks: none of them may have `ignore_result`.
@shared_task
def words(text: str) -> dict[str, int]:
    """How often each word is in a text."""
    found: dict[str, int] = {}
    for word in text.lower().split():
        found[word] = found.get(word, 0) + 1
    return found


@shared_task
def together(counts: list[dict[str, int]]) -> dict[str, int]:
    """The end of a chord: gets the list of all results, in the order of the tasks."""
    total: dict[str, int] = {}
    for count in counts:
        for word, number in count.items():
            total[word] = total.get(word, 0) + number
    return dict(sorted(total.items()))


@shared_task
def fail(text: str) -> None:
    raise ValueError(text)


@shared_task
def note_error(request: Any, exception: Any, traceback: Any) -> None:
    """An error callback runs in place of what would have come next."""
    current_app.backend.client.rpush(NOTES, f"{request.task} failed: {exception}")
